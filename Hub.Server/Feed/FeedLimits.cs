namespace Realtime.Server.Feed;

/// <summary>Bounds of the feed's memory and waiting times. Constants, because there has been no reason to configure them.</summary>
internal static class FeedLimits
{
    /// <summary>
    /// Notifications that a topic's tail keeps for readers that are nearly up to date; a reader further back reads the log.
    /// </summary>
    public const int TailCount = 256;

    /// <summary>Bytes of bodies that a topic's tail keeps.</summary>
    public const int TailBytes = 256 * 1024;

    /// <summary>Bytes of bodies that all tails of a node keep; beyond this, each tail keeps its newest notification only.</summary>
    public const long AllTailsBytes = 64L * 1024 * 1024;

    /// <summary>
    /// How long a tail keeps a notification that a reader may lack, and how long a tail without readers stays. A reader that returns within
    /// this time finds the tail still subscribed.
    /// </summary>
    public static readonly TimeSpan TailAge = TimeSpan.FromSeconds(30);

    /// <summary>Up to this many readers of a topic, each read drops from the tail what all of its readers have.</summary>
    public const int FewReaders = 8;

    /// <summary>Notifications that one read of the log fetches for a reader.</summary>
    public const int PageCount = 512;

    /// <summary>Bytes that the pages of all of a reader's topics may hold together (at least one notification each).</summary>
    public const int PageBytes = 256 * 1024;

    /// <summary>Concurrent reads of the log for all streams of one user; a read that is already running is shared.</summary>
    public const int ReplaysPerUser = 2;

    /// <summary>
    /// Bytes of bodies per second from the log for all streams of one user; what their topics' tails keep is not counted.
    /// </summary>
    public const int ReplayBytesPerSecond = 16 * 1024 * 1024;

    /// <summary>Bytes that a user's streams get from the log without delay.</summary>
    public const int ReplayBurst = 4 * 1024 * 1024;

    /// <summary>Pages of at least this many bytes count towards the rate; taking turns bounds the smaller ones.</summary>
    public const int PacedFrom = 32 * 1024;

    /// <summary>
    /// The same for a page of history: a client that does not read it holds no more than this, and a read takes well under a millisecond.
    /// </summary>
    public const int StoredPageBytes = 256 * 1024;

    /// <summary>
    /// Concurrent reads of the log for pages of history; others wait. Half of the processors stay free for everything else.
    /// </summary>
    public static readonly int StoredReadsAtOnce = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>How long a page of history waits for its turn to read the log.</summary>
    public static readonly TimeSpan StoredReadWait = TimeSpan.FromSeconds(1);

    /// <summary>The same for a stream. Longer, because all streams of its user may begin at once.</summary>
    public static readonly TimeSpan ReplayWait = TimeSpan.FromSeconds(5);

    /// <summary>How long a connected reader waits before it retries a log that could not be read.</summary>
    public static readonly TimeSpan LogRetry = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a stream may take to follow other topics. With the way between two nodes, a refresh is answered within two seconds.
    /// </summary>
    public static readonly TimeSpan ChangePatience = TimeSpan.FromMilliseconds(800);

    /// <summary>How long before a token expires the closing of its stream is announced.</summary>
    public static readonly TimeSpan ExpiryNotice = TimeSpan.FromSeconds(2);

    /// <summary>The shortest interval at which a draining node sends readers away.</summary>
    public static readonly TimeSpan DrainStep = TimeSpan.FromMilliseconds(20);

    /// <summary>How long a node that has sent all readers away waits for the last ones to leave.</summary>
    public static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(2);
}

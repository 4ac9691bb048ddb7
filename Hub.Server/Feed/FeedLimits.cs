namespace Realtime.Server.Feed;

/// <summary>What bounds the feed's memory and patience. Constants, because nobody has had a reason to set them.</summary>
internal static class FeedLimits
{
    /// <summary>
    /// Notifications that a topic's tail keeps for readers that are nearly up to date; whoever is further behind reads the log.
    /// </summary>
    public const int TailCount = 256;

    /// <summary>Bytes of bodies that a topic's tail keeps.</summary>
    public const int TailBytes = 256 * 1024;

    /// <summary>Bytes of bodies that all tails of a node keep; beyond it each keeps its newest notification only.</summary>
    public const long AllTailsBytes = 64L * 1024 * 1024;

    /// <summary>
    /// How long a tail keeps a notification that a reader may lack, and lives on without readers: who returns at once finds it listening.
    /// </summary>
    public static readonly TimeSpan TailAge = TimeSpan.FromSeconds(30);

    /// <summary>Readers of a topic up to which its tail looks, whenever one reads, for what all of them have, and lets go of it.</summary>
    public const int FewReaders = 8;

    /// <summary>Notifications that one read of the log fetches for a reader.</summary>
    public const int PageCount = 512;

    /// <summary>Bytes that the pages of all of a reader's topics may hold together (at least one notification each).</summary>
    public const int PageBytes = 256 * 1024;

    /// <summary>Reads of the log at a time for all streams of one user; what others read already is shared.</summary>
    public const int ReplaysPerUser = 2;

    /// <summary>
    /// Bytes of bodies a second that all streams of one user get from the log; what their topics' tails keep is not counted.
    /// </summary>
    public const int ReplayBytesPerSecond = 16 * 1024 * 1024;

    /// <summary>Bytes that a user's streams get from the log at once.</summary>
    public const int ReplayBurst = 4 * 1024 * 1024;

    /// <summary>Bytes of a page from which on it is counted: small ones are bounded by taking turns.</summary>
    public const int PacedFrom = 32 * 1024;

    /// <summary>
    /// The same for a page of history: a client that does not read it holds no more than this, and a read takes well under a millisecond.
    /// </summary>
    public const int StoredPageBytes = 256 * 1024;

    /// <summary>Reads of the log for pages of history at a time; others wait. Half of the processors are left to everything else.</summary>
    public static readonly int StoredReadsAtOnce = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>How long a page of history waits for its turn to read the log.</summary>
    public static readonly TimeSpan StoredReadWait = TimeSpan.FromSeconds(1);

    /// <summary>The same for a stream, which its client has waited for longer: other streams of its user may all begin at once.</summary>
    public static readonly TimeSpan ReplayWait = TimeSpan.FromSeconds(5);

    /// <summary>How long a connected reader waits before it asks a log again that could not be read.</summary>
    public static readonly TimeSpan LogRetry = TimeSpan.FromSeconds(1);

    /// <summary>Closing a stream because its token expires is announced so long before.</summary>
    public static readonly TimeSpan ExpiryNotice = TimeSpan.FromSeconds(2);

    /// <summary>The finest step in which a node that drains sends readers away.</summary>
    public static readonly TimeSpan DrainStep = TimeSpan.FromMilliseconds(20);

    /// <summary>How long a node that has sent everybody away waits for the last ones to go.</summary>
    public static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(2);
}

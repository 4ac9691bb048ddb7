namespace Realtime.Server.Redis;

/// <summary>
/// How long anything that has to do with Redis may take. Constants, because the two seconds of docs/PROTOCOL.md leave no room for settings.
/// </summary>
internal static class RedisLimits
{
    /// <summary>
    /// One command, or the commands of one append together. Below the 2 s of docs/PROTOCOL.md, with room for the answer to be written.
    /// </summary>
    public static readonly TimeSpan Call = TimeSpan.FromSeconds(1.6);

    /// <summary>Setting up a link, handshake included.</summary>
    public static readonly TimeSpan Connect = TimeSpan.FromSeconds(2);

    /// <summary>Pause between attempts to set up a link, and between looks at a server that does not answer.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Pause before a call is repeated that a cluster refused because a slot moves. A key moves within a few milliseconds.
    /// </summary>
    public static readonly TimeSpan SlotMoves = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// A call that was refused for that reason is not repeated with less time left: if it ran out, its server would pass for stuck.
    /// </summary>
    public static readonly TimeSpan LeastTime = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// How often a node looks whether Redis still is as the log needs it, and still holds the nodes' secrets: two short commands. Well
    /// within the minute in which eviction must be noticed.
    /// </summary>
    public static readonly TimeSpan Watch = TimeSpan.FromSeconds(5);

    /// <summary>
    /// By how much the clocks of a node and of Redis may differ without a warning, and without a time of its own in each entry.
    /// </summary>
    public static readonly TimeSpan ClocksAgree = TimeSpan.FromMinutes(1);

    /// <summary>How often the client library looks for calls that have run out and links that are lost.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(500);

    /// <summary>A ping without an answer for this long is sent again, because the first may have been lost with its connection.</summary>
    public static readonly TimeSpan Ping = TimeSpan.FromSeconds(5);

    /// <summary>A link without traffic is tried after so long.</summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(5);

    /// <summary>
    /// What was sent and is not acknowledged for so long breaks the link, where the system can do that (Linux). The system itself would
    /// repeat it at intervals that double up to two minutes, and notice only then that the network is back.
    /// </summary>
    public static readonly TimeSpan Unacknowledged = TimeSpan.FromSeconds(5);
}

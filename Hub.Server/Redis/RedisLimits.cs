namespace Realtime.Server.Redis;

/// <summary>
/// Time limits for all use of Redis. They are constants, because the two seconds of docs/PROTOCOL.md leave no room for settings.
/// </summary>
internal static class RedisLimits
{
    /// <summary>
    /// One command, or the commands of one append together. Below the 2 s of docs/PROTOCOL.md, with time left to write the response.
    /// </summary>
    public static readonly TimeSpan Call = TimeSpan.FromSeconds(1.6);

    /// <summary>Opening a connection, handshake included.</summary>
    public static readonly TimeSpan Connect = TimeSpan.FromSeconds(2);

    /// <summary>Pause between attempts to open a connection, and between probes of a server that does not answer.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Pause before the retry of a call that a cluster refused because a slot was moving. A key moves within a few milliseconds.
    /// </summary>
    public static readonly TimeSpan SlotMoves = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// With less time left, a call that was refused for that reason is not retried: a time-out would mark its server as stuck.
    /// </summary>
    public static readonly TimeSpan LeastTime = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// How often a node checks that Redis still meets the log's requirements and still holds the nodes' secrets. This takes two short
    /// commands for each master, and at least one for each secret. Well within the minute in which eviction must be noticed.
    /// </summary>
    public static readonly TimeSpan Watch = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often the Sentinels are asked for the master. A master that was replaced while it could not be reached is one again for some
    /// seconds when it comes back, so a node must have left it by then.
    /// </summary>
    public static readonly TimeSpan AskSentinels = TimeSpan.FromSeconds(1);

    /// <summary>
    /// By how much the clocks of a node and of Redis may differ without a warning, and without a separate time in each entry.
    /// </summary>
    public static readonly TimeSpan ClocksAgree = TimeSpan.FromMinutes(1);

    /// <summary>How often the client library checks for timed-out calls and lost connections.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(500);

    /// <summary>A probe without an answer for this long is sent again, because the first may have been lost with its connection.</summary>
    public static readonly TimeSpan Ping = TimeSpan.FromSeconds(5);

    /// <summary>A connection without traffic is probed after this time.</summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Data that stays unacknowledged for this long closes the connection, where the system supports that (Linux). By itself, the system
    /// would retransmit at intervals that double up to two minutes, and only then notice that the network is back.
    /// </summary>
    public static readonly TimeSpan Unacknowledged = TimeSpan.FromSeconds(5);
}

using Realtime.Server.Redis;

namespace Realtime.Server.Log.Redis;

/// <summary>The bounds of this node's use of the log in Redis.</summary>
internal static class RedisLogLimits
{
    /// <summary>
    /// Appends that wait or are under way, one for each topic of a publish; beyond this a publish is refused at once. Appends that have
    /// timed out count until they are answered, or until the client library gives them up.
    /// </summary>
    public const int AppendsInFlight = 4_096;

    /// <summary>Appends, or claims of idempotency keys, in one call: during it, Redis serves no other client for about 4 ms.</summary>
    public const int AppendsPerCall = 256;

    /// <summary>Bytes of bodies in one call. A larger append has a call of its own.</summary>
    public const int BytesPerCall = 1024 * 1024;

    /// <summary>Calls under way to a single server. So the server already has the next call when it finishes one.</summary>
    public const int CallsInFlight = 2;

    /// <summary>
    /// Waiting appends that justify a second call under way; fewer wait for the first call's answer. One call for 8 appends costs Redis 18
    /// µs per append, and one call for each 23 µs.
    /// </summary>
    public const int WorthACall = 8;

    /// <summary>
    /// Appends of one publish in a turn, before the next publish; the bytes of bodies in a turn are limited to a quarter of a call. In a
    /// cluster, while wide publishes have less than this under way, another call's worth of their appends is sent.
    /// </summary>
    public const int AppendsPerTurn = AppendsPerCall / 4;

    /// <inheritdoc cref="AppendsPerTurn"/>
    public const int BytesPerTurn = BytesPerCall / 4;

    /// <summary>An append with less time left is refused instead of sent: if it timed out, so would all others in its call.</summary>
    public static readonly TimeSpan LeastTime = RedisLimits.LeastTime;

    /// <summary>
    /// After a cluster refused an append because a slot moves, later appends to the topic are treated as refused for this long.
    /// </summary>
    public static readonly TimeSpan SlotTried = TimeSpan.FromSeconds(1);

    /// <summary>
    /// In a cluster, how long later appends to a topic wait for the claim of an idempotency key. The bound leaves them enough time to be
    /// stored.
    /// </summary>
    public static readonly TimeSpan TurnHeld = RedisLimits.Call / 4;

    /// <summary>
    /// Reads under way; beyond this a read waits, within its time limit. So thousands of readers that reconnect together do not delay
    /// publishes by seconds.
    /// </summary>
    public const int ReadsInFlight = 256;

    /// <summary>
    /// How long a topic keeps the records of its notifications for the duplicate check. It is longer than
    /// <see cref="IdempotencyKey.Lifetime"/>, so that a repeat in the last second finds the record.
    /// </summary>
    public static readonly TimeSpan Once = IdempotencyKey.Lifetime + TimeSpan.FromHours(1);

    /// <summary>How often an acknowledgement is tried if other devices of its user acknowledge at the same time.</summary>
    public const int AcknowledgeTries = 5;
}

using Realtime.Server.Redis;

namespace Realtime.Server.Log.Redis;

/// <summary>What bounds this node's use of the log in Redis.</summary>
internal static class RedisLogLimits
{
    /// <summary>
    /// Appends that wait or are under way, one for each topic of a publish; beyond it a publish is refused at once. Those that have run out
    /// count until they are answered, or until the client library gives them up.
    /// </summary>
    public const int AppendsInFlight = 4_096;

    /// <summary>Appends, or claims of idempotency keys, in one call: Redis serves no other client for about 4 ms meanwhile.</summary>
    public const int AppendsPerCall = 256;

    /// <summary>Bytes of bodies in one call. A larger append goes alone.</summary>
    public const int BytesPerCall = 1024 * 1024;

    /// <summary>Calls under way to a single server: it has the next one already when it has done one.</summary>
    public const int CallsInFlight = 2;

    /// <summary>
    /// Appends that are worth a second call under way; fewer wait for the first one's answer. One call for 8 costs Redis 18 µs an append,
    /// and one for each 23 µs.
    /// </summary>
    public const int WorthACall = 8;

    /// <summary>
    /// Appends of one publish before the next publish has its turn; and as many bytes of bodies as a quarter of a call. In a cluster, where
    /// wide publishes have less under way than this, they are sent as much again as a call takes.
    /// </summary>
    public const int AppendsPerTurn = AppendsPerCall / 4;

    /// <inheritdoc cref="AppendsPerTurn"/>
    public const int BytesPerTurn = BytesPerCall / 4;

    /// <summary>What has less time left is refused instead of sent: if it ran out, so would all that share its call.</summary>
    public static readonly TimeSpan LeastTime = RedisLimits.LeastTime;

    /// <summary>
    /// How long after a cluster refused an append, because a slot moves, what follows it at once in its topic is taken to be refused too.
    /// </summary>
    public static readonly TimeSpan SlotTried = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long what began later in a topic waits for a claim of an idempotency key in a cluster, so that it has time left to be stored
    /// afterwards.
    /// </summary>
    public static readonly TimeSpan TurnHeld = RedisLimits.Call / 4;

    /// <summary>
    /// Reads under way; beyond it a read waits, within its time, so that thousands of readers who come back together delay no publish by
    /// seconds.
    /// </summary>
    public const int ReadsInFlight = 256;

    /// <summary>
    /// How long a topic remembers which notifications it has: longer than <see cref="IdempotencyKey.Lifetime"/>, so that a repeat in the
    /// last second finds it.
    /// </summary>
    public static readonly TimeSpan Once = IdempotencyKey.Lifetime + TimeSpan.FromHours(1);

    /// <summary>How often an acknowledgement is tried that meets other devices of its user.</summary>
    public const int AcknowledgeTries = 5;
}

namespace Realtime.Server.Log.Redis;

/// <summary>What bounds this node's use of the log in Redis.</summary>
internal static class RedisLogLimits
{
    /// <summary>Appends under way, one for each topic of a publish; beyond it a publish is refused at once. Those that have run out count until they are answered.</summary>
    public const int AppendsInFlight = 4_096;

    /// <summary>Reads under way; beyond it a read waits, within its time, so that thousands of readers who come back together delay no publish by seconds.</summary>
    public const int ReadsInFlight = 256;

    /// <summary>How long a topic remembers which notifications it has: longer than <see cref="IdempotencyKey.Lifetime"/>, so that a repeat in the last second finds it.</summary>
    public static readonly TimeSpan Once = IdempotencyKey.Lifetime + TimeSpan.FromHours(1);

    /// <summary>How often an acknowledgement is tried that meets other devices of its user.</summary>
    public const int AcknowledgeTries = 5;
}

using Realtime.Server.Notifications;

namespace Realtime.Server.Feed;

/// <summary>When a reader that is sent away should reconnect: random for each reader, so that they do not reconnect together.</summary>
internal static class ReconnectSchedule
{
    /// <summary>A node drains: the other nodes have room, and the departures are spread already.</summary>
    public static TimeSpan Draining() => Between(500, 3000);

    /// <summary>The store cannot be read.</summary>
    public static Closing Unavailable() => new(CloseReason.Unavailable, Between(2000, 6000));

    /// <summary>
    /// The user has too many connections: room appears only when another one is closed, which takes people, not milliseconds.
    /// </summary>
    public static Closing Limit() => new(CloseReason.Limit, Between(10_000, 30_000));

    public static Closing TooSlow() => new(CloseReason.TooSlow, Between(1000, 3000));

    /// <summary>A reader with a new token may reconnect at once.</summary>
    public static Closing TokenExpired { get; } = new(CloseReason.TokenExpired, TimeSpan.Zero);

    private static TimeSpan Between(int fromMs, int toMs) => TimeSpan.FromMilliseconds(Random.Shared.Next(fromMs, toMs));
}

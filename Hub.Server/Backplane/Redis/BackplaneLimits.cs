namespace Realtime.Server.Backplane.Redis;

/// <summary>How soon a backplane over a network detects lost announcements.</summary>
internal sealed record BackplaneLimits
{
    /// <summary>How many heads are read together.</summary>
    public const int ComparisonBatch = 250;

    /// <summary>How long an announcement may be under way after its notification was stored, before it counts as lost.</summary>
    public static readonly TimeSpan UnderWay = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a subscription may take to be confirmed.</summary>
    public static readonly TimeSpan Subscribe = TimeSpan.FromSeconds(1.5);

    /// <summary>Pause before another attempt to open the subscription connection.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How often a node sends itself a beacon. If one has not returned when the next is due, the connection for announcements is replaced.
    /// Null, for tests: never.
    /// </summary>
    public TimeSpan? Beacon { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often the announcements of each topic with readers are compared with its head in the log. Null, for tests: never.
    /// </summary>
    public TimeSpan? Comparison { get; init; } = TimeSpan.FromSeconds(5);
}

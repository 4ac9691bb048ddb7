using Realtime.Compare.Measuring;

namespace Realtime.Compare.Scenarios;

/// <summary>The result of one scenario in one round for one contender.</summary>
internal sealed record Measured
{
    public int Lost { get; init; }

    public int Doubled { get; init; }

    public int Astray { get; init; }

    public int Refused { get; init; }

    /// <summary>Something was, or should have been, delivered: the counts above are meaningful.</summary>
    public bool Delivers { get; init; }

    /// <summary>The load side was the bottleneck: the figures describe it rather than the server.</summary>
    public bool LoadBound { get; init; }

    /// <summary>Null if latency is not measured.</summary>
    public LatencyHistogram? Latency { get; init; }

    public Dictionary<Figure, double> Figures { get; init; } = [];

    /// <summary>The number of lost, doubled, stray and refused notifications, without figures yet.</summary>
    public static Measured Of(params IReadOnlyList<Delivered> parts) => new()
    {
        Lost = parts.Sum(part => part.Balance.Lost),
        Doubled = parts.Sum(part => part.Balance.Doubled),
        Astray = parts.Sum(part => part.Balance.Astray),
        Refused = parts.Sum(part => part.Loop.Refused),
        Delivers = true,
    };
}

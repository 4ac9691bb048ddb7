using Realtime.Compare.Measuring;

namespace Realtime.Compare.Scenarios;

/// <summary>What one scenario gave in one round for one contender.</summary>
internal sealed record Measured
{
    public int Lost { get; init; }

    public int Doubled { get; init; }

    public int Astray { get; init; }

    public int Refused { get; init; }

    /// <summary>Something was delivered, or should have been: the counts above mean something.</summary>
    public bool Delivers { get; init; }

    /// <summary>The load side was the bottleneck: the figures say more about it than about the server.</summary>
    public bool LoadBound { get; init; }

    /// <summary>Null where it is not what is measured.</summary>
    public LatencyHistogram? Latency { get; init; }

    public Dictionary<Figure, double> Figures { get; init; } = [];

    /// <summary>What was lost, doubled, went astray or was refused, without figures yet.</summary>
    public static Measured Of(params IReadOnlyList<Delivered> parts) => new()
    {
        Lost = parts.Sum(part => part.Balance.Lost),
        Doubled = parts.Sum(part => part.Balance.Doubled),
        Astray = parts.Sum(part => part.Balance.Astray),
        Refused = parts.Sum(part => part.Loop.Refused),
        Delivers = true,
    };
}

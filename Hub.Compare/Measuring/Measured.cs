namespace Realtime.Compare.Measuring;

/// <summary>What one scenario gave in one round for one contender.</summary>
internal sealed record Measured
{
    public int Lost { get; init; }

    public int Doubled { get; init; }

    public int Astray { get; init; }

    public int Refused { get; init; }

    /// <summary>The load side was the bottleneck: the figures say more about it than about the server.</summary>
    public bool LoadBound { get; init; }

    /// <summary>Null where nothing is delivered.</summary>
    public LatencyHistogram? Latency { get; init; }

    public Dictionary<Figure, double> Figures { get; init; } = [];
}

namespace Realtime.Compare;

/// <summary>What to measure, checked.</summary>
internal sealed record CompareOptions
{
    /// <summary>Where the results go.</summary>
    public required DirectoryInfo Out { get; init; }

    /// <summary>A server that is there already; null: our own.</summary>
    public Uri? Url { get; init; }

    /// <summary>With <see cref="Url"/>: a token with the role publisher, whose user also reads.</summary>
    public string? Token { get; init; }

    /// <summary>How many servers are started, 1 to 9: one with the embedded store, several with Redis and a proxy.</summary>
    public int Nodes { get; init; } = 1;

    public required IReadOnlyList<string> Transports { get; init; }

    public required IReadOnlyList<string> Scenarios { get; init; }

    /// <summary>
    /// 1 to 2,000; with <see cref="Url"/> to 150, below the 200 connections that one user may have, since all readers are one user.
    /// </summary>
    public required int Readers { get; init; }

    /// <summary>Notifications per second, 1 to 10,000.</summary>
    public required double Rate { get; init; }

    /// <summary>For the whole measurement, 1 s to 1 hour; one round is made in any case.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>0 to 60,000 bytes of data in each notification, at least; 0: the bare order.</summary>
    public required int PayloadBytes { get; init; }

    public required int Seed { get; init; }

    public required int Rounds { get; init; }

    /// <summary>Also write comparison.md.</summary>
    public bool Markdown { get; init; }

    /// <summary>The options as they were written, without the token.</summary>
    public string Given { get; init; } = "";
}

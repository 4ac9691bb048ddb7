namespace Realtime.Compare;

/// <summary>What to measure; validated.</summary>
internal sealed record CompareOptions
{
    /// <summary>The output folder.</summary>
    public required DirectoryInfo Out { get; init; }

    /// <summary>A server that is already running; null: start our own.</summary>
    public Uri? Url { get; init; }

    /// <summary>With <see cref="Url"/>: a token with the role publisher. Its user is also the reader.</summary>
    public string? Token { get; init; }

    /// <summary>How many servers to start, 1 to 9: one with the embedded store, several with Redis and a proxy.</summary>
    public int Nodes { get; init; } = 1;

    /// <summary>The other servers to measure beside the hub, by name.</summary>
    public IReadOnlyList<string> Beside { get; init; } = [];

    public required IReadOnlyList<string> Transports { get; init; }

    public required IReadOnlyList<string> Scenarios { get; init; }

    /// <summary>
    /// 1 to 2,000. With <see cref="Url"/> at most 150: all readers are one user then, and one user may have 200 connections.
    /// </summary>
    public required int Readers { get; init; }

    /// <summary>Notifications per second, 1 to 10,000.</summary>
    public required double Rate { get; init; }

    /// <summary>For the whole measurement, 1 s to 1 hour; at least one round is always run.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The minimum size of each notification's data, 0 to 60,000 bytes; 0: the bare order.</summary>
    public required int PayloadBytes { get; init; }

    public required int Seed { get; init; }

    public required int Rounds { get; init; }

    /// <summary>Also write comparison.md.</summary>
    public bool Markdown { get; init; }

    /// <summary>The options as given on the command line, without the token.</summary>
    public string Given { get; init; } = "";
}

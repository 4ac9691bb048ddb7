namespace Realtime.Samples.Desktop;

/// <summary>What the program reads.</summary>
internal sealed record DesktopOptions
{
    /// <summary>The server's address.</summary>
    public required Uri Server { get; init; }

    /// <summary>For whom the server in Development signs a token. Not used if there is a <see cref="Token"/>.</summary>
    public required string User { get; init; }

    /// <summary>The groups of that token.</summary>
    public required IReadOnlyList<string> Groups { get; init; }

    /// <summary>A token from elsewhere; null: the server is in Development and signs one.</summary>
    public string? Token { get; init; }

    /// <summary>Which transports to try first.</summary>
    public required Choice Transport { get; init; }
}

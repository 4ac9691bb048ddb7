using System.Text.Json.Serialization;

namespace Realtime.Client.Feed.Requests;

/// <summary>What a user has seen, kept by the server. Both return how many it has not.</summary>
internal interface IAcknowledgements : IDisposable
{
    /// <exception cref="ArgumentException">The cursor is not one of this user's, or names what the server does not have.</exception>
    Task<long> AcknowledgeAsync(string cursor, CancellationToken cancel);

    Task<long> UnreadAsync(CancellationToken cancel);
}

internal sealed record UnreadCount
{
    [JsonPropertyName("unread")] public required long Unread { get; init; }
}

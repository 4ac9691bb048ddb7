using System.Text.Json.Serialization;

namespace Realtime.Client.Feed.Requests;

/// <summary>What a user has acknowledged, kept by the server. Both methods return the number of unread notifications.</summary>
internal interface IAcknowledgements : IDisposable
{
    /// <exception cref="ArgumentException">The cursor is not one of this user's, or refers to something that the server does not
    /// have.</exception>
    Task<long> AcknowledgeAsync(string cursor, CancellationToken cancel);

    Task<long> UnreadAsync(CancellationToken cancel);
}

internal sealed record UnreadCount
{
    [JsonPropertyName("unread")] public required long Unread { get; init; }
}

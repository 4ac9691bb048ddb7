using Realtime.Server.Notifications;

namespace Realtime.Server.Feed;

/// <summary>The identity of a reader, its topics, and the expiry of its access.</summary>
/// <param name="user">Its user id.</param>
/// <param name="topics">Its own <c>user:</c> topic first; no duplicates.</param>
/// <param name="expiresAt">When its token expires: nothing is delivered after that.</param>
internal sealed class Reader(string user, IReadOnlyList<Topic> topics, DateTimeOffset expiresAt)
{
    private long _expiresAt = expiresAt.UtcTicks;

    public string User { get; } = user;

    public IReadOnlyList<Topic> Topics { get; } = topics;

    /// <summary>
    /// True if the token does not list its groups: the reader gets none of them, and its cursors keep what they say about groups.
    /// </summary>
    public bool GroupsAreUnknown { get; init; }

    /// <summary>Whether another reader gets the same topics, in cursors of the same content.</summary>
    public bool ReadsAs(Reader other) =>
        GroupsAreUnknown == other.GroupsAreUnknown && Topics.Count == other.Topics.Count && !Topics.Except(other.Topics).Any();

    /// <summary>Moves when the connection is refreshed, and when a long poll comes with a newer token of the same user.</summary>
    public DateTimeOffset ExpiresAt
    {
        get => new(Volatile.Read(ref _expiresAt), TimeSpan.Zero);
        set => Volatile.Write(ref _expiresAt, value.UtcTicks);
    }
}

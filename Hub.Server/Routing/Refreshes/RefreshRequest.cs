using Realtime.Server.Notifications;
using Realtime.Server.Security;

namespace Realtime.Server.Routing.Refreshes;

/// <summary>New access for one hub connection, or for all connections of a browser session, as one node asks it of the others.</summary>
/// <param name="Node">The node that asks.</param>
/// <param name="Nonce">Names the request: it is carried out once.</param>
/// <param name="At">Unix time in milliseconds, by Redis's clock.</param>
/// <param name="Connection">The id of the hub connection; null if <paramref name="Session"/> is set.</param>
/// <param name="Hub">The path of its hub.</param>
/// <param name="Session">The id of the browser session.</param>
/// <param name="ExpiresAt">Unix time in milliseconds.</param>
/// <param name="IssuedAt">Unix time in seconds.</param>
internal sealed record RefreshRequest(
    string Node, string Nonce, long At, string? Connection, string? Hub, string? Session, string User, IReadOnlyList<string> Groups,
    bool GroupsAreUnknown, bool IsPublisher, bool IsAdmin, long ExpiresAt, long? IssuedAt)
{
    public static RefreshRequest ForConnection(string connectionId, string hub, Caller caller) => Of(caller) with
    {
        Connection = connectionId,
        Hub = hub,
    };

    public static RefreshRequest ForSession(string session, Caller caller) => Of(caller) with { Session = session };

    /// <summary>
    /// True if the caller has no proof that the connection is its own. Nothing changes, but the answer says whether it is another user's.
    /// </summary>
    public bool OnlyLooks { get; init; }

    /// <summary>The access that the connections get.</summary>
    public Caller ToCaller() =>
        new(User, Topic.AllOf(User, Groups), DateTimeOffset.FromUnixTimeMilliseconds(ExpiresAt), IsPublisher, IsAdmin, Session)
        {
            GroupsAreUnknown = GroupsAreUnknown,
            IssuedAt = IssuedAt is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null,
        };

    private static RefreshRequest Of(Caller caller) => new(
        Node: "", Nonce: "", At: 0, Connection: null, Hub: null, Session: null, caller.User,
        [.. caller.Topics.Select(topic => topic.GroupName).OfType<string>()], caller.GroupsAreUnknown, caller.IsPublisher, caller.IsAdmin,
        caller.ExpiresAt.ToUnixTimeMilliseconds(), caller.IssuedAt?.ToUnixTimeSeconds());
}

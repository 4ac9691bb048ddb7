using Realtime.Server.Security;

namespace Realtime.Server.Feed;

/// <summary>A caller as a reader.</summary>
internal static class Readers
{
    public static Reader ToReader(this Caller caller) => caller.ToReader(caller.ExpiresAt);

    /// <param name="expiresAt">When the reader's access ends, if not with the caller's token.</param>
    public static Reader ToReader(this Caller caller, DateTimeOffset expiresAt) =>
        new(caller.User, caller.Topics, expiresAt) { GroupsAreUnknown = caller.GroupsAreUnknown };
}

using Realtime.Server.Feed;
using Realtime.Server.Security;

namespace Realtime.Server.Delivery;

/// <summary>A caller as a reader.</summary>
internal static class Readers
{
    public static Reader ToReader(this Caller caller) => new(caller.User, caller.Topics, caller.ExpiresAt);
}

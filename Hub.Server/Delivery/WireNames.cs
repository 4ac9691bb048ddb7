using System.Diagnostics;
using Realtime.Server.Notifications;

namespace Realtime.Server.Delivery;

/// <summary>The reasons as texts on the wire. Clients of every version read them: never rename one.</summary>
internal static class WireNames
{
    public static string Of(GapReason reason) => reason switch
    {
        GapReason.Expired => "expired",
        GapReason.Reset => "reset",
        _ => throw new UnreachableException(),
    };

    public static string Of(CloseReason reason) => reason switch
    {
        CloseReason.Draining => "draining",
        CloseReason.TokenExpired => "token-expired",
        CloseReason.TooSlow => "too-slow",
        CloseReason.Unavailable => "unavailable",
        CloseReason.Limit => "limit",
        CloseReason.Revoked => "revoked",
        _ => throw new UnreachableException(),
    };
}

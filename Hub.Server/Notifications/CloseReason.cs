namespace Realtime.Server.Notifications;

/// <summary>Why the server ends a stream. The texts are on the wire, in kebab-case: never rename one.</summary>
internal enum CloseReason
{
    Draining,
    TokenExpired,
    TooSlow,
    Unavailable,
    Limit,

    /// <summary>The client must not reconnect.</summary>
    Revoked,
}

using System.Net;
using System.Net.WebSockets;
using System.Security.Authentication;
using Microsoft.AspNetCore.SignalR;
using Realtime.Client.Feed.Requests;
using Realtime.Client.Feed.Requests.Stack;

namespace Realtime.Client.Feed;

/// <summary>What a failure to connect means.</summary>
internal enum FailureKind
{
    /// <summary>A fault of this transport or of this moment: another transport may work.</summary>
    Other,

    /// <summary>No server answers, or its certificate is not trusted: other transports would fail too.</summary>
    Unreachable,

    /// <summary>The server refuses the token (401): a new one may be accepted.</summary>
    TokenRefused,

    /// <summary>The user may not read (403).</summary>
    Forbidden,

    /// <summary>An operator has disconnected the user (401): a newer token may be accepted.</summary>
    TokenRevoked,

    /// <summary>An operator has disconnected the user, and a newer token was refused as well.</summary>
    UserRevoked,
}

internal static class Failures
{
    /// <summary>Finds the kind, also through wrapping exceptions.</summary>
    public static FailureKind KindOf(Exception? failure) => failure switch
    {
        null => FailureKind.Other,
        TokenRevokedException revoked => revoked.IsSecond ? FailureKind.UserRevoked : FailureKind.TokenRevoked,
        HttpRequestException http when HttpStack.StatusOf(http) is HttpStatusCode.Unauthorized => FailureKind.TokenRefused,
        HttpRequestException http when HttpStack.StatusOf(http) is HttpStatusCode.Forbidden => FailureKind.Forbidden,
        _ when HttpStack.IsUnreachable(failure) => FailureKind.Unreachable,
        AggregateException { InnerExceptions: { Count: > 0 } all } => all.Select(KindOf).Max(),
        _ => KindOf(failure.InnerException),
    };

    /// <summary>Whether the hub cannot read a cursor, or the cursor is another user's. A hub can report this only as text.</summary>
    public static bool IsBadCursor(HubException refused) => refused.Message.Contains("Bad cursor", StringComparison.Ordinal);

    /// <summary>The message of the exception that explains the failure, not of one that only wraps it.</summary>
    public static string Describe(Exception failure) => failure switch
    {
        AggregateException { InnerExceptions: [var only] } => Describe(only),
        WebSocketException { InnerException: { } cause } => Describe(cause),
        HttpRequestException { InnerException: AuthenticationException cause } =>
            $"The server's certificate is not trusted, or TLS failed: {cause.Message}",
        HttpRequestException { InnerException: WebException cause } => cause.Message,
        _ => failure.Message,
    };
}

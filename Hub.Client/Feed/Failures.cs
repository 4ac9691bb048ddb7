using System.Net;
using Microsoft.AspNetCore.SignalR;

namespace Realtime.Client.Feed;

/// <summary>What a failure to connect means.</summary>
internal enum FailureKind
{
    /// <summary>This transport, or this moment: another may do.</summary>
    Other,

    /// <summary>Nobody is there: other transports would not get further.</summary>
    Unreachable,

    /// <summary>The token is not good (401): a fresh one may be.</summary>
    TokenRefused,

    /// <summary>The user may not read (403).</summary>
    Forbidden,
}

internal static class Failures
{
    /// <summary>Reads a failure through all that it is wrapped in.</summary>
    public static FailureKind KindOf(Exception? failure) => failure switch
    {
        null => FailureKind.Other,
        HttpRequestException { StatusCode: HttpStatusCode.Unauthorized } => FailureKind.TokenRefused,
        HttpRequestException { StatusCode: HttpStatusCode.Forbidden } => FailureKind.Forbidden,
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError } =>
            FailureKind.Unreachable,
        AggregateException { InnerExceptions: { Count: > 0 } all } => all.Select(KindOf).Max(),
        _ => KindOf(failure.InnerException),
    };

    /// <summary>Whether the hub cannot read a cursor, or it is another user's; its text is all that a hub has to say so.</summary>
    public static bool IsBadCursor(HubException refused) => refused.Message.Contains("Bad cursor", StringComparison.Ordinal);

    /// <summary>The failure that says something to people: not the one that only wraps it.</summary>
    public static string Describe(Exception failure) => failure switch
    {
        AggregateException { InnerExceptions: [var only] } => Describe(only),
        _ => failure.Message,
    };
}

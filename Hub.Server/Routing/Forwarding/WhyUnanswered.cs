using System.Net.Sockets;
using System.Security.Authentication;
using Realtime.Server.Routing.Nodes;

namespace Realtime.Server.Routing.Forwarding;

/// <summary>Explains to an operator why a node did not answer a forwarded request.</summary>
internal static class WhyUnanswered
{
    /// <param name="failure">The exception of the HTTP client; null if there is none.</param>
    /// <param name="node">The node's address.</param>
    public static string Of(Exception? failure, Uri node)
    {
        for (var inner = failure; inner is not null; inner = inner.InnerException)
        {
            if (Cause(inner, node) is { } cause) return cause;
        }
        return failure is null or OperationCanceledException
            ? $"There was no answer within {OwnerClient.SilenceLimit.TotalSeconds:0} s."
            : Sentence(failure.Message);
    }

    /// <summary>Why the owner's proof failed; null if the request failed for another reason.</summary>
    public static UnprovenException? Proof(Exception? failure)
    {
        while (failure is not null and not UnprovenException) failure = failure.InnerException;
        return (UnprovenException?)failure;
    }

    private static string? Cause(Exception failure, Uri node) => failure switch
    {
        UnprovenException unproven => unproven.Message,
        AuthenticationException tls =>
            $"TLS failed: {Sentence(tls.Message)} Its certificate must name {node.Host} and come from an authority that this machine "
            + "trusts.",
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData } =>
            $"The name {node.Host} is unknown here.",
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "The connection was refused: nothing listens there.",
        SocketException other => Sentence(other.Message),
        TimeoutException => $"There was no connection within {OwnerClient.ConnectTimeout.TotalSeconds:0} s.",
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } =>
            $"The connection was closed without an answer, as it is if {node.Scheme} is not what is spoken there.",
        _ => null,
    };

    private static string Sentence(string text) => text.EndsWith('.') ? text : text + ".";
}

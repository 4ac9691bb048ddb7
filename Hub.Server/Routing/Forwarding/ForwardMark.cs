using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Realtime.Server.Node;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Routing.Polls;
using Realtime.Server.Routing.Questions;

namespace Realtime.Server.Routing.Forwarding;

/// <summary>
/// Signs a request that one node forwards to another, with a key that only the nodes share. The owner takes the caller's address from a
/// request that carries the mark, and never passes the mark on.
/// </summary>
/// <remarks>
/// The mark covers the owner's id, the time, the method, the path, a long poll's name, the connection's token and the data about the
/// caller:
/// <c>&lt;unix time in seconds by Redis's clock&gt;.&lt;signature&gt;</c>. Owners of earlier versions get the first form, without a time,
/// and nodes of earlier versions send it. The mark is no credential: the caller's own token decides whether it may use the connection.
/// </remarks>
internal static class ForwardMark
{
    /// <summary>The mark for a request that is about to be forwarded.</summary>
    /// <param name="now">By Redis's clock.</param>
    /// <param name="poll">The value of <see cref="ForwardHeaders.Poll"/>; empty if there is none.</param>
    public static string Make(
        byte[] key, string owner, DateTimeOffset now, string method, string path, string id, string caller, string scheme, string host,
        string poll)
    {
        var seconds = now.ToUnixTimeSeconds();
        var signature = Signature.Of(key, Text(owner, seconds, method, path, id, caller, scheme, host, poll));
        return string.Create(CultureInfo.InvariantCulture, $"{seconds}.{signature}");
    }

    /// <summary>The mark in the first form.</summary>
    /// <param name="poll">The value of <see cref="ForwardHeaders.Poll"/>; empty if there is none.</param>
    public static string Make(byte[] key, string method, string id, string caller, string scheme, string host, string poll = "") =>
        Signature.Of(key, Text(method, id, caller, scheme, host, poll));

    /// <summary>Put this first: it removes the mark from every request, and trusts it only if it is genuine.</summary>
    public static void UseForwardMarks(this WebApplication app)
    {
        if (!app.Services.GetRequiredService<OtherNodes>().MayExist) return;
        var directory = app.Services.GetRequiredService<NodeDirectory>();
        var (node, proof) = (app.Services.GetRequiredService<ThisNode>(), app.Services.GetRequiredService<ProofEndpoint>());
        var confirmations = app.Services.GetRequiredService<ReceivedConfirmations>();
        var questions = app.Services.GetRequiredService<QuestionEndpoint>();
        app.Use((context, next) =>
        {
            if (!context.Request.Headers.Remove(ForwardHeaders.Mark, out var mark)) return next(context);
            if (ReceivedConfirmations.IsFor(context.Request)) return confirmations.ReceiveAsync(context, mark.ToString());
            if (QuestionEndpoint.IsFor(context.Request)) return questions.AnswerAsync(context, mark.ToString());
            if (ProofEndpoint.IsFor(context.Request))
            {
                proof.Answer(context, mark.ToString());
                return Task.CompletedTask;
            }
            if (Read(context, mark.ToString(), directory, node.Id) is { } delivered) confirmations.Take(delivered);
            return next(context);
        });
    }

    /// <returns>The name of a poll whose response was delivered; null if the request does not confirm one.</returns>
    private static string? Read(HttpContext context, string mark, NodeDirectory directory, string owner)
    {
        var request = context.Request;
        var (caller, scheme) = (request.Headers[ForwardHeaders.For].ToString(), request.Headers[ForwardHeaders.Proto].ToString());
        request.Headers.Remove(ForwardHeaders.Poll, out var named);
        var poll = named.ToString();
        var (id, host) = (request.Query[IdInQuery.Name].ToString(), request.Host.Value ?? "");
        if (directory.Key is not { } key || !IsGenuine()) return null;

        var names = poll.Split(' ');
        context.Features.Set(new ForwardedRequest(names[0].Length > 0 ? names[0] : null));
        if (IPAddress.TryParse(caller, out var address)) context.Connection.RemoteIpAddress = address;
        request.Scheme = scheme;
        request.Headers.Remove(ForwardHeaders.For);
        request.Headers.Remove(ForwardHeaders.Proto);
        // The node that the caller reached has counted the request.
        if (context.Features.Get<IHttpMetricsTagsFeature>() is { } metrics) metrics.MetricsDisabled = true;
        return names.Length > 1 ? names[1] : null;

        bool IsGenuine()
        {
            var dot = mark.IndexOf('.', StringComparison.Ordinal);
            if (dot < 0) return Signature.IsRight(mark, key, Text(request.Method, id, caller, scheme, host, poll));
            return long.TryParse(mark.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
                && Math.Abs(directory.Now.ToUnixTimeSeconds() - seconds) <= Signature.TimeTolerance.TotalSeconds
                && Signature.IsRight(
                    mark.AsSpan(dot + 1), key,
                    Text(owner, seconds, request.Method, request.Path.Value ?? "", id, caller, scheme, host, poll));
        }
    }

    // Callers choose most of the parts: the lengths keep one part from being read as another.
    private static string Text(
        string owner, long seconds, string method, string path, string id, string caller, string scheme, string host, string poll) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"forward to {owner} {seconds} {method} {path.Length}:{path} {id.Length}:{id} "
            + $"{caller.Length}:{caller} {scheme.Length}:{scheme} {host.Length}:{host} {poll}");

    // Without a poll's name, this is the form that nodes of e4c6052 sign. The text before the first space distinguishes the two forms.
    private static string Text(string method, string id, string caller, string scheme, string host, string poll) =>
        poll.Length == 0 ? $"forward {method} {id} {caller} {scheme} {host}" : $"forward:{poll} {method} {id} {caller} {scheme} {host}";
}

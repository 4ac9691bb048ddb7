using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Realtime.Server.Feed;
using Realtime.Server.Http;
using Realtime.Server.Node;
using Realtime.Server.Routing.Polls;
using Realtime.Server.Routing.Refreshes;
using Realtime.Server.Routing.Tickets;
using Realtime.Server.Security;

namespace Realtime.Server.Routing;

/// <summary>Runs before everything that reads a connection token: remembers which caller got it and refuses all others.</summary>
internal sealed class ConnectionGuard(
    RequestDelegate next, ConnectionOwners owners, UserConnections connections, LongPolls polls, IConnectionTokens tokens,
    IRemoteRefresh refresh, HubCounters counters, TimeProvider time)
{
    /// <summary>How long a negotiation waits until other nodes can find this one, if it has just started.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(2);

    private static readonly Problem TooManyPending = new(
        StatusCodes.Status429TooManyRequests, "Too many connections were negotiated and not opened. Open them, or wait.",
        RetryAfterSeconds: 5);

    // Room appears when another connection is closed, which takes people, not milliseconds.
    private static readonly Problem TooManyOpen = new(
        StatusCodes.Status429TooManyRequests, "The user has too many open connections (Hub:Limits:ConnectionsPerUser). Close one.",
        RetryAfterSeconds: 10);

    private static readonly Problem TwoIds = new(StatusCodes.Status400BadRequest, "Send one id.");

    private static readonly Problem NotFoundByOthers = new(
        StatusCodes.Status503ServiceUnavailable, "The other nodes cannot find this one yet. Try again in a moment.", RetryAfterSeconds: 1);

    public Task InvokeAsync(HttpContext context)
    {
        if (HubRequest.HubOf(context) is not { } hub) return next(context);
        return HubRequest.IsNegotiation(context) ? NegotiateAsync(context, hub) : UseAsync(context, hub);
    }

    private Task UseAsync(HttpContext context, string hub)
    {
        var caller = Caller.Of(context.User);
        var id = context.Request.Query[IdInQuery.Name];
        if (id.Count > 1) return Problems.WriteAsync(context, TwoIds);
        if (id.Count == 1 && Goodbye.MayBe(context.Request) && owners.IsOrWasOf(id.ToString(), caller, hub))
            return EndAsync(context, caller, hub);
        return GoOnAsync(context, caller, hub);
    }

    /// <summary>A client's goodbye succeeds even if the connection ended before it.</summary>
    private async Task EndAsync(HttpContext context, Caller caller, string hub)
    {
        if (!await Goodbye.IsOneAsync(context.Request, context.RequestAborted))
        {
            await GoOnAsync(context, caller, hub);
            return;
        }
        var body = await AnswerAsync(context, answer => GoOnAsync(answer, caller, hub));
        if (context.Response.StatusCode != StatusCodes.Status404NotFound)
        {
            if (!body.IsEmpty) await context.Response.Body.WriteAsync(body, context.RequestAborted);
            return;
        }
        // The status that SignalR sends for a connection that it still has.
        context.Response.StatusCode = HttpMethods.IsDelete(context.Request.Method)
            ? StatusCodes.Status202Accepted
            : StatusCodes.Status200OK;
    }

    private Task GoOnAsync(HttpContext context, Caller caller, string hub)
    {
        var id = context.Request.Query[IdInQuery.Name];
        if (id.Count == 1 && (!owners.MayUse(id.ToString(), caller, hub) || polls.AreLost(id.ToString()))) return RefuseAsync(context);
        // A WebSocket with another node's token: only the owner knows who negotiated it, but the signature proves the same.
        if (context.Features.Get<ConnectionTicket>() is { } ticket)
        {
            if (!tokens.WasGivenTo(ticket, caller.User, hub)) return RefuseAsync(context);
            if (tokens.TryTakeId(ticket)) context.Features.Set(new AdoptedId(ticket.ConnectionId));
        }
        // SignalR exempts its event streams from compression, but not from nginx's buffers. Kestrel would cut off a slow reader after 5 s.
        context.Response.Headers["X-Accel-Buffering"] = "no";
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
        return id.Count == 1 && HubRequest.MayBePoll(context.Request) ? PollAsync(context, id.ToString()) : next(context);
    }

    private async Task PollAsync(HttpContext context, string token)
    {
        if (await polls.TryAnswerAsync(context, token, next)) return;
        context.Response.Clear();
        await RefuseAsync(context);
    }

    // SignalR's own response: for another caller, or on another hub, the connection does not exist.
    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        context.Response.ContentType = "text/plain";
        return context.Response.WriteAsync("No Connection with that ID", context.RequestAborted);
    }

    private async Task NegotiateAsync(HttpContext context, string hub)
    {
        if (!tokens.Ready.IsCompleted && !await IsReadyAsync(context.RequestAborted))
        {
            await Problems.WriteAsync(context, NotFoundByOthers);
            return;
        }

        var caller = Caller.Of(context.User);
        if (!connections.HasPlaceFor(caller.User))
        {
            counters.Refused.Add(RefusingLimit.ConnectionsPerUser);
            await Problems.WriteAsync(context, TooManyOpen);
            return;
        }
        if (!owners.TryReserve(caller.User))
        {
            counters.Refused.Add(RefusingLimit.PendingNegotiations);
            await Problems.WriteAsync(context, TooManyPending);
            return;
        }

        // Buffer SignalR's response: the token must be registered here before the client has it.
        NegotiateAnswer? answer = null;
        ReadOnlyMemory<byte> body;
        try
        {
            body = await AnswerAsync(context, next);
            if (context.Response.StatusCode == StatusCodes.Status200OK) answer = NegotiateAnswer.Read(body);
        }
        finally
        {
            if (answer is null) owners.Release(caller.User);
            else owners.Negotiated(answer.Token, answer.ConnectionId, caller, hub);
        }
        if (answer is not null)
        {
            if (caller.Session is null && refresh.IsServedEverywhere)
                answer = answer.WithLifetime(caller.LifetimeSeconds(time.GetUtcNow()));
            body = answer.WithToken(tokens.Issue(answer.Token, answer.ConnectionId, caller.User, hub));
            context.Response.ContentLength = body.Length;
        }
        // A refusal without a body stays without one: even an empty write would start the response.
        if (!body.IsEmpty) await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancel)
    {
        try
        {
            await tokens.Ready.WaitAsync(StartPatience, time, cancel);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Returns what <paramref name="step"/> writes; none of it is sent to the caller yet.</summary>
    private static async Task<ReadOnlyMemory<byte>> AnswerAsync(HttpContext context, RequestDelegate step)
    {
        var client = context.Response.Body;
        using var answer = new MemoryStream();
        context.Response.Body = answer;
        try
        {
            await step(context);
            return answer.ToArray();
        }
        finally
        {
            context.Response.Body = client;
        }
    }
}

using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Realtime.Server.Connections;
using Realtime.Server.Node;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Routing.Polls;
using Yarp.ReverseProxy.Forwarder;

namespace Realtime.Server.Routing.Forwarding;

/// <summary>Forwards a request to the node that owns its connection, and returns the response, once and unchanged.</summary>
/// <remarks>
/// YARP copies the request with the caller's own credentials, which the owner checks. Then it copies the response, read by read, never
/// ahead of the caller. A broken copy is aborted, never ended: a clean end of an event stream or a poll would hide lost bytes.
/// </remarks>
internal sealed partial class Forwarder(
    IHttpForwarder yarp, ForwardTransformer transformer, ForwardedStreams streams, OwnerClient owners, PollConfirmations confirmations,
    NodeDirectory directory, TimeProvider time, ILogger<Forwarder> logger)
{
    /// <summary>How long the caller may accept no bytes.</summary>
    public static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(10);

    // Kestrel allows each write this time. With a real rate, it would add the time that earlier writes did not use.
    private static readonly MinDataRate Stalled = new(bytesPerSecond: double.MaxValue, gracePeriod: StallTimeout);

    private static readonly ForwarderRequestConfig Config = new()
    {
        ActivityTimeout = OwnerClient.SilenceLimit,
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private readonly LogThrottle _warned = new(time);

    /// <param name="owner">The owner's id.</param>
    /// <param name="address">The owner's address.</param>
    /// <returns>False if there is no response; nothing has been sent to the caller then.</returns>
    public async Task<bool> TryForwardAsync(HttpContext context, string owner, Uri address)
    {
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = Stalled;
        KnownCallers.Know(context);   // the owner refuses unknown callers at once
        var version = directory.VersionOf(owner);
        var poll = version < NodeVersions.ConfirmedPolls || !HubRequest.MayBePoll(context.Request) ? null : Name(context, owner);
        var body = poll is null ? null : new PollBody(context);
        body?.Put();
        ForwarderError error;
        try
        {
            var origin = version < NodeVersions.ProvenConnections ? address.GetLeftPart(UriPartial.Authority) : OwnerName.OriginOf(owner);
            error = await yarp.SendAsync(context, origin, owners, Config, transformer);
        }
        finally
        {
            body?.TakeAway();
            streams.Forget(context);
        }
        // Without a message nothing can be lost, unless the owner had one for a caller that has left.
        var hasLeft = error is not ForwarderError.None && context.RequestAborted.IsCancellationRequested;
        if (body is { HasMessages: true } || (poll is not null && hasLeft))
            confirmations.Add(context, owner, address, poll!, body!.IsWhole);
        if (error is not ForwarderError.None && poll?.Delivered is { } earlier) confirmations.Repeat(context, owner, address, earlier);

        // A caller that left, or sent an unreadable body, says nothing about the owner.
        if (error is ForwarderError.None or ForwarderError.RequestBodyClient || context.RequestAborted.IsCancellationRequested) return true;

        var why = context.GetForwarderErrorFeature()?.Exception;
        if (context.Response.HasStarted)
        {
            BrokenCopy(owner, address, why?.Message);
            return true;
        }
        // Clients repeat a GET by themselves if its connection ends without a byte: they need a response that the connection is gone.
        context.Response.Clear();
        var reason = WhyUnanswered.Of(why, address);
        Unanswered(owner, address, reason);
        if (_warned.MayLog(owner, RoutingEventIds.OwnerUnreachable)) _ = WarnAsync(owner, address, reason, WhyUnanswered.Proof(why));
        return false;
    }

    private NamedPoll Name(HttpContext context, string owner)
    {
        var poll = confirmations.Name(context, owner);
        context.Features.Set(poll);
        return poll;
    }

    /// <summary>
    /// Logs no warning for a node that has just left the list: it was stopped, so it may be silent, and another node may have its address.
    /// A stranger at that address always gets a warning.
    /// </summary>
    private async Task WarnAsync(string owner, Uri address, string why, UnprovenException? unproven)
    {
        var isStranger = unproven is { IsNode: false };
        if (!isStranger && !await directory.IsStillListedAsync(owner)) return;
        if (unproven is null) OwnerUnreachable(owner, address, why);
        else OwnerUnproven(owner, address, why);
    }

    [LoggerMessage(RoutingEventIds.OwnerUnreachable, LogLevel.Warning,
        "Node {Owner} at {Address} (its Hub:Node:Address) does not answer this node: {Why} "
        + "Clients whose connections it holds reconnect if their requests arrive here.")]
    private partial void OwnerUnreachable(string owner, Uri address, string why);

    [LoggerMessage(RoutingEventIds.OwnerUnproven, LogLevel.Warning,
        "Node {Owner} at {Address} (its Hub:Node:Address) has not proven that it is this node: {Why} "
        + "Nothing was sent to that address. Clients whose connections the node holds reconnect if their requests arrive here.")]
    private partial void OwnerUnproven(string owner, Uri address, string why);

    [LoggerMessage(RoutingEventIds.Unanswered, LogLevel.Debug,
        "Node {Owner} at {Address} did not answer a request for a connection that it negotiated; its client must reconnect: {Why}")]
    private partial void Unanswered(string owner, Uri address, string why);

    [LoggerMessage(RoutingEventIds.BrokenCopy, LogLevel.Debug,
        "A response of node {Owner} at {Address} broke off on its way to the caller, whose connection was closed: {Why}")]
    private partial void BrokenCopy(string owner, Uri address, string? why);
}

using System.Globalization;
using System.Runtime.CompilerServices;
using Realtime.Server.Node;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Routing.Tickets;

namespace Realtime.Server.Routing.Polls;

/// <summary>
/// Reports to owners which responses to forwarded long polls were delivered or lost here, and which of their connections were opened
/// here.
/// </summary>
/// <remarks>
/// If the next poll arrives at this node too, that poll confirms the response instead (<see cref="ForwardHeaders.Poll"/>,
/// <see cref="HeldConfirmations"/>).
/// </remarks>
internal sealed partial class PollConfirmations(
    ThisNode node, NodeDirectory directory, OwnerClient owners, TimeProvider time, ILogger<PollConfirmations> logger)
    : IOpenedConnections, IHostedService, IDisposable
{
    // Keyed by the directory's own Uri object: a stream lives as long as the directory keeps that object.
    private readonly ConditionalWeakTable<Uri, ConfirmationStream> _streams = [];
    private readonly HeldConfirmations _held = new(time);
    private readonly LogThrottle _warned = new(time);
    private long _polls;

    /// <summary>Gives a long poll that is about to be forwarded a name that is unique among all nodes.</summary>
    public NamedPoll Name(HttpContext context, string owner)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{node.Id}.{Interlocked.Increment(ref _polls)}");
        var delivered = directory.VersionOf(owner) < NodeVersions.ProvenConnections
            ? null
            : CallerPolls.Of(context)?.Next(context.Request.Query[IdInQuery.Name].ToString());
        return new NamedPoll(name, delivered);
    }

    /// <summary>Reports whether a poll's response was delivered.</summary>
    /// <param name="owner">The owner's id.</param>
    /// <param name="address">The owner's address, as the directory has it.</param>
    public void Add(HttpContext context, string owner, Uri address, NamedPoll poll, bool isDelivered)
    {
        var stream = StreamTo(owner, address, context.Request.Headers.Host.ToString());
        if (!isDelivered) stream.Add(ConfirmationFormat.Lost + poll.Name);
        else if (CallerPolls.Of(context) is { AreSteady: true } polls) Hold(polls, new HeldConfirmation(stream.Add, poll.Name));
        else stream.Add(poll.Name);
    }

    /// <summary>Confirms a delivered response again: the poll that carried its confirmation may not have arrived.</summary>
    public void Repeat(HttpContext context, string owner, Uri address, string delivered) =>
        StreamTo(owner, address, context.Request.Headers.Host.ToString()).Add(delivered);

    /// <summary>
    /// Reports that a connection was opened here, once its owner's address is known. Owners of earlier versions do not need this.
    /// </summary>
    /// <param name="host">The client's <c>Host</c>, which the owner is known to accept.</param>
    public async Task AddOpenedAsync(ConnectionTicket ticket, string host)
    {
        var address = await directory.FindAsync(ticket.Node, CancellationToken.None);
        if (address is null || directory.VersionOf(ticket.Node) < NodeVersions.ProvenConnections) return;
        StreamTo(ticket.Node, address, host).Add(ConfirmationFormat.Opened + ticket.Token);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Waits until all added confirmations are sent. The last request has ended by now, and the other nodes still list this one.
    /// </summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        _held.SendAll();
        return Task.WhenAll(_streams.Select(stream => stream.Value.FlushAsync()));
    }

    public void Dispose() => _held.Dispose();

    private void Hold(CallerPolls polls, HeldConfirmation confirmation)
    {
        polls.Hold(confirmation);
        _held.Add(confirmation);
    }

    private ConfirmationStream StreamTo(string owner, Uri address, string host)
    {
        if (!_streams.TryGetValue(address, out var stream)) stream = Create(owner, address);
        stream.Host = host;
        return stream;
    }

    private ConfirmationStream Create(string owner, Uri address) => _streams.GetValue(
        address, to => new ConfirmationStream(
            new ConfirmationRequests(owner, to, directory), owners, status => Warn(owner, to, status), time));

    private void Warn(string owner, Uri address, int status)
    {
        if (_warned.MayLog(owner, RoutingEventIds.ConfirmationRefused)) Refused(owner, address, status);
    }

    [LoggerMessage(RoutingEventIds.ConfirmationRefused, LogLevel.Warning,
        "Node {Owner} at {Address} answers {Status} to confirmations of long polls: "
        + "clients that poll through this node reconnect after each answer.")]
    private partial void Refused(string owner, Uri address, int status);
}

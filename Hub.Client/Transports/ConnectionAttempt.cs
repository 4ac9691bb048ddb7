using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Realtime.Client.Transports;

/// <summary>One try to connect: the transports asked for, one after the other, until one works.</summary>
internal sealed class ConnectionAttempt(Wire wire, TransportOptions options, TransferFormat format, ILogger log)
{
    private readonly List<Exception> _reasons = [];
    private bool _tried;

    /// <exception cref="AggregateException">No transport worked; it says why, one by one.</exception>
    public async Task<HttpConnection> RunAsync(Uri url, CancellationToken cancel)
    {
        if (options.SkipNegotiation)
        {
            await wire.Tokens.AskAsync(cancel).ConfigureAwait(false);
            return await OpenAsync(Transport.WebSockets, url, id: null, Urls.WithoutQuery(url), isLast: true, cancel).ConfigureAwait(false);
        }

        Negotiated? negotiated = null;
        foreach (var transport in options.Transports)
        {
            try
            {
                // Anew behind each failure: a connection that has met one transport accepts no other.
                negotiated ??= await new Negotiation(wire, options).RunAsync(url, cancel).ConfigureAwait(false);
                url = negotiated.Url;
                if (WhyNot(transport, negotiated) is { } reason)
                {
                    _reasons.Add(new NotSupportedException($"{transport}: {reason}"));
                    continue;
                }

                return await StartAsync(transport, negotiated, cancel).ConfigureAwait(false);
            }
            catch (Exception e) when (_tried && !cancel.IsCancellationRequested)
            {
                log.TransportFailed(transport, e.Message);
                _reasons.Add(new InvalidOperationException($"{transport}: {e.Message}", e));
                negotiated = null;
            }
        }

        throw Failure(negotiated);
    }

    private async Task<HttpConnection> StartAsync(Transport transport, Negotiated negotiated, CancellationToken cancel)
    {
        _tried = true;
        // The token of the negotiation is seconds old, but WebSockets get no second chance to replace a refused one.
        if (transport == Transport.WebSockets) await wire.Tokens.AskAsync(cancel).ConfigureAwait(false);
        var isLast = options.Transports.SkipWhile(t => t != transport).Skip(1).All(t => WhyNot(t, negotiated) is not null);
        return await OpenAsync(
            transport, negotiated.ConnectUrl, negotiated.ConnectionId, Urls.WithoutQuery(negotiated.Url), isLast, cancel).ConfigureAwait(false);
    }

    private async Task<HttpConnection> OpenAsync(
        Transport kind, Uri url, string? id, Uri remote, bool isLast, CancellationToken cancel)
    {
        ITransport transport = kind switch
        {
            Transport.WebSockets => new WebSocketsTransport(wire, format),
            Transport.ServerSentEvents => new ServerSentEventsTransport(wire, options, format, mustCarry: !isLast),
            _ => new LongPollingTransport(wire, options, format, log),
        };
        try
        {
            await Limits.WithinAsync(options.ConnectTimeout, options.TimeProvider, "The start", async limit =>
            {
                await transport.StartAsync(url, limit).ConfigureAwait(false);
                return true;
            }, cancel).ConfigureAwait(false);
            log.Connected(kind, remote);
            options.Connected?.Invoke(kind);
        }
        catch
        {
            transport.Dispose();
            throw;
        }

        return new HttpConnection(wire, transport, options, id, new UriEndPoint(remote));
    }

    /// <returns>What speaks against a transport; null: nothing.</returns>
    private string? WhyNot(Transport transport, Negotiated negotiated)
    {
        var offer = negotiated.Offers.FirstOrDefault(offer => offer.Transport == transport.ToString());
        if (offer is null) return "not offered by the server.";
        return offer.TransferFormats?.Contains(format.ToString()) == true
            ? null
            : $"does not carry the transfer format {format} at this server: choose another hub protocol.";
    }

    private AggregateException Failure(Negotiated? last)
    {
        var asked = options.Transports.Select(transport => transport.ToString());
        foreach (var offer in last?.Offers.Where(offer => !asked.Contains(offer.Transport)) ?? [])
            _reasons.Add(new NotSupportedException($"{offer.Transport}: offered by the server, but not among the transports asked for."));
        return new AggregateException(
            _tried
                ? "Unable to connect to the server with any of the available transports."
                : "None of the transports supported by the client are supported by the server.",
            _reasons);
    }
}

using System.Collections.ObjectModel;

namespace Realtime.Client;

/// <summary>How a hub connection reaches its server.</summary>
/// <remarks>Checked when it is given to <see cref="TransportsHubConnectionBuilderExtensions.WithTransports"/>.</remarks>
public sealed record TransportOptions
{
    /// <summary>
    /// Which transports may be used, in the order in which they are tried; those that the server does not offer are passed over. One to
    /// three, none twice, without <see cref="Transport.EventSource"/>. Default: WebSockets, server-sent events, long polling.
    /// </summary>
    public IReadOnlyList<Transport> Transports { get; init; } =
        [Transport.WebSockets, Transport.ServerSentEvents, Transport.LongPolling];

    /// <summary>
    /// Gives the bearer token, or null for none. Asked for every negotiation and for every WebSocket; event streams and long polls keep
    /// the last answer until the server refuses it (401). Default: no token.
    /// </summary>
    /// <remarks>It runs while the connection starts: it must not wait for the hub connection it serves.</remarks>
    public Func<CancellationToken, ValueTask<string?>>? AccessToken { get; init; }

    /// <summary>
    /// Opens the WebSocket without negotiating, which saves a round trip; the connection id is then null. Needs
    /// <see cref="Transports"/> to be exactly WebSockets, and a server that does not redirect. Default: false.
    /// </summary>
    public bool SkipNegotiation { get; init; }

    /// <summary>
    /// Headers for every request, the WebSocket's included. They replace the library's own, and an empty value removes it:
    /// <c>["User-Agent"] = ""</c>. Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>
    /// Receives the handler that every request of one connection goes through, the WebSocket's included, and returns the one to use: the
    /// same, changed (proxy, certificates, credentials, cookies), or another around it. Called once for every connection, which disposes
    /// the result. Default: the handler as it is.
    /// </summary>
    public Func<SocketsHttpHandler, HttpMessageHandler>? ConfigureHandler { get; init; }

    /// <summary>
    /// Told which transport carries the connection, each time one has been opened. It runs while the connection starts: it must return
    /// soon and must not use the hub connection. Default: nobody is told.
    /// </summary>
    public Action<Transport>? Connected { get; init; }

    /// <summary>
    /// How long each step of connecting may take: one negotiation, or the start of one transport. Time that <see cref="AccessToken"/>
    /// takes does not count. Default 15 seconds; 100 milliseconds to 5 minutes.
    /// </summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a long poll, or the request that carries what was sent, may stay unanswered. A poll is then repeated, and what the server
    /// was just answering is lost: keep it longer than the server holds a poll (SignalR: 90 seconds). A request that sends ends the
    /// connection. Default 2 minutes; 1 second to 1 hour.
    /// </summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How long bytes that were not sent yet may take to leave when the connection is disposed; the last of them tell the server that the
    /// client is going. Default 1 second; 0 to 1 minute.
    /// </summary>
    public TimeSpan FlushTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long the server may take to agree to the end of a connection, beyond <see cref="FlushTimeout"/>. Default 5 seconds;
    /// 100 milliseconds to 1 minute.
    /// </summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How many bytes may wait in each direction before the writer has to wait. Default 1 MiB (1,048,576); 4 KiB to 1 GiB.
    /// </summary>
    public int BufferSize { get; init; } = 1024 * 1024;

    /// <summary>The clock that measures the limits above. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>
    /// Ends the connection when a poll stays unanswered, instead of repeating it: what the server was just answering would be missing, and
    /// the order feed goes on from its position anyway. Default: false, as stock clients do.
    /// </summary>
    internal bool UnansweredPollEnds { get; init; }

    /// <exception cref="ArgumentException">Something is out of range; the text says what to change.</exception>
    internal void Validate()
    {
        ValidateTransports();
        ValidateHeaders();
        OptionChecks.Range(ConnectTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5), nameof(ConnectTimeout));
        OptionChecks.Range(RequestTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), nameof(RequestTimeout));
        OptionChecks.Range(FlushTimeout, TimeSpan.Zero, TimeSpan.FromMinutes(1), nameof(FlushTimeout));
        OptionChecks.Range(CloseTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1), nameof(CloseTimeout));
        OptionChecks.Range(BufferSize, 4 * 1024, 1024 * 1024 * 1024, nameof(BufferSize));
        if (TimeProvider is null) throw new ArgumentException($"{nameof(TimeProvider)} must not be null.");
    }

    private void ValidateTransports()
    {
        OptionChecks.Transports(Transports);
        if (Transports.Contains(Transport.EventSource))
            throw new ArgumentException(
                $"{nameof(Transports)} names {Transport.EventSource}, which is not a SignalR transport: remove it here; only an order feed reads it.");
        if (SkipNegotiation && Transports is not [Transport.WebSockets])
            throw new ArgumentException(
                $"{nameof(SkipNegotiation)} needs {nameof(Transports)} to be exactly [{Transport.WebSockets}]: the others must negotiate.");
    }

    private void ValidateHeaders()
    {
        if (Headers is null) throw new ArgumentException($"{nameof(Headers)} must not be null; leave it out for none.");
        using var probe = new HttpRequestMessage();
        foreach (var (name, value) in Headers)
        {
            // Values are not quoted back: they may be secrets.
            if (value is null || value.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0 || !probe.Headers.TryAddWithoutValidation(name, value))
                throw new ArgumentException($"{nameof(Headers)} has a header '{name}' that cannot be sent as a request header.");
        }
    }
}

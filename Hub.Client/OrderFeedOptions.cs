using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.Logging;
using Realtime.Client.Feed.Requests.Stack;

namespace Realtime.Client;

/// <summary>What a feed reads, and how.</summary>
/// <remarks>
/// <see cref="OrderFeed.ConnectAsync"/> checks the options before it sends anything. The feed retries a lost connection without limit. The
/// wait is random: up to half a second at first, and up to twice as long after each failure, to at most 30 seconds. If the server asks for
/// a certain wait, the feed uses that instead.
/// </remarks>
public sealed record OrderFeedOptions
{
    /// <summary>
    /// The server's address, http or https, without the paths of its API: <c>https://hub.example</c>. Required, unless
    /// <see cref="Connection"/> is given.
    /// </summary>
    public Uri? Server { get; init; }

    /// <summary>
    /// Returns the bearer token. The feed calls it for every connection, when the server refuses a token (401), and two minutes before the
    /// token in use expires: a SignalR connection then stays open with the new token. It should return a new token when the last one is
    /// about to expire. Required, unless <see cref="Connection"/> is given.
    /// </summary>
    /// <remarks>
    /// An exception counts as a failed attempt to connect and is retried, and so does a call that takes over
    /// <see cref="TokenTimeout"/>.
    /// </remarks>
    public Func<CancellationToken, ValueTask<string>>? Token { get; init; }

    /// <summary>
    /// The time limit for one call of <see cref="Token"/>; its cancellation token is cancelled then. Set it higher if people are asked for
    /// a password. Default 1 minute; 100 milliseconds to 1 day.
    /// </summary>
    public TimeSpan TokenTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// A hub connection that you have built with a <c>HubConnectionBuilder</c>, in place of <see cref="Server"/> and <see cref="Token"/>.
    /// The feed starts it whenever it is down, and never stops or disposes it. The connection's own options decide about transports and
    /// time-outs. No other code may call <c>Subscribe</c> on it. Default: none, the feed opens its own connections.
    /// </summary>
    public HubConnection? Connection { get; init; }

    /// <summary>
    /// The transports that may be used, in order of preference. If one cannot connect, or connects but delivers nothing (a proxy that
    /// buffers event streams), the feed tries the next. At least one, no duplicates. Default: WebSockets, server-sent events, long polling,
    /// event source.
    /// </summary>
    public IReadOnlyList<Transport> Transports { get; init; } =
        [Transport.WebSockets, Transport.ServerSentEvents, Transport.LongPolling, Transport.EventSource];

    /// <summary>
    /// Keeps the position over restarts of the program, such as a <see cref="FileCursorStore"/>. Default: none; the feed then begins as
    /// <see cref="StartFrom"/> says.
    /// </summary>
    public ICursorStore? CursorStore { get; init; }

    /// <summary>Where to begin if there is no saved position. Default: after what the user has acknowledged.</summary>
    public StartFrom StartFrom { get; init; } = StartFrom.Unacknowledged;

    /// <summary>
    /// The user's name in the <see cref="CursorStore"/>. Default: the token's <c>sub</c>. Required for a <see cref="Connection"/> with a
    /// store, because the feed then does not see the token.
    /// </summary>
    public string? User { get; init; }

    /// <summary>
    /// Called by <see cref="OrderFeed.ReadAllAsync"/> for each gap, in its place between two notifications. Reading continues when the
    /// call has completed. Default: gaps are logged as warnings.
    /// </summary>
    public Func<OrderGap, CancellationToken, ValueTask>? OnGap { get; init; }

    /// <summary>
    /// Called for each change of <see cref="OrderFeed.State"/>, in order, on a thread of the pool or in the
    /// <see cref="CallbackContext"/>. Return soon: without a context, the feed waits until the call returns. Default: none.
    /// </summary>
    public Action<FeedState>? OnStateChanged { get; init; }

    /// <summary>
    /// Where <see cref="OnStateChanged"/> and <see cref="OnGap"/> are called, such as the thread of a user interface: on that thread, set
    /// it to <c>SynchronizationContext.Current</c>. The feed never blocks that thread. Default: a thread of the pool.
    /// </summary>
    public SynchronizationContext? CallbackContext { get; init; }

    /// <summary>
    /// Whether the feed tests its connection at once after the program slept or the network changed, and ends a wait for the next attempt.
    /// Otherwise it notices a dead connection by its silence. Default: true.
    /// </summary>
    public bool WatchNetwork { get; init; } = true;

    /// <summary>
    /// The time limit for a transport from its start to the first item, without the time that <see cref="Token"/> takes. Default 10
    /// seconds; 100 milliseconds to 5 minutes.
    /// </summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How many items may wait for your loop. If more wait, or 16 MiB of data, the feed stops receiving; it resumes from its position when
    /// half of the buffer is free. Default 4,096; 16 to 1,000,000.
    /// </summary>
    public int BufferedItems { get; init; } = 4096;

    /// <summary>
    /// Headers for every request, including the WebSocket's. They replace the library's own; an empty value removes a header:
    /// <c>["User-Agent"] = ""</c>. The library always sets <c>Authorization</c> and <c>Accept</c> itself. Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

#if !NETSTANDARD
    /// <summary>
    /// Changes the HTTP handler, for a proxy or certificates. Called once for each connection with the handler that all its requests use,
    /// including the WebSocket's; returns the handler to use. The connection disposes the result. Default: the handler as it is.
    /// </summary>
    public Func<SocketsHttpHandler, HttpMessageHandler>? ConfigureHandler { get; init; }

#endif
    /// <summary>
    /// The same with the handler that .NET Framework has as well. There, a WebSocket uses only its proxy, credentials, cookies and client
    /// certificates. On .NET, prefer <c>ConfigureHandler</c>, whose handler notices a dead HTTP/2 connection. Default: none.
    /// </summary>
    public Func<HttpClientHandler, HttpMessageHandler>? ConfigureClientHandler { get; init; }

    /// <summary>
    /// Where to log. At no level does the log contain tokens, data or the queries of URLs. For that reason, the logs of the SignalR
    /// client's transports (<c>Microsoft.AspNetCore.Http.Connections.*</c>) are left out: they contain URLs. Default: nowhere.
    /// </summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>The clock for all waits. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Randomizes the waits between attempts. Default: <c>Random.Shared</c>.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <exception cref="ArgumentException">An option is missing or out of range; the message says what to change.</exception>
    internal void Validate()
    {
        if (Connection is null) ValidateServer();
        else ValidateGivenConnection();
        HttpStack.Validate(this);
        OptionChecks.Transports(Transports);
        if (!Enum.IsDefined(StartFrom)) throw new ArgumentException($"{nameof(StartFrom)} is {StartFrom}, which is none.");
        if (User is "") throw new ArgumentException($"{nameof(User)} is empty: leave it out to take it from the token.");
        if (TimeProvider is null) throw new ArgumentException($"{nameof(TimeProvider)} must not be null.");
        if (Random is null) throw new ArgumentException($"{nameof(Random)} must not be null.");
        OptionChecks.Range(ConnectTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5), nameof(ConnectTimeout));
        OptionChecks.Range(TokenTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1), nameof(TokenTimeout));
        OptionChecks.Range(BufferedItems, 16, 1_000_000, nameof(BufferedItems));
    }

    private void ValidateServer()
    {
        if (Server is null)
            throw new ArgumentException(
                $"{nameof(Server)} is missing: give the server's address, such as https://hub.example, or a {nameof(Connection)}.");
        if (!Server.IsAbsoluteUri || (Server.Scheme != Uri.UriSchemeHttp && Server.Scheme != Uri.UriSchemeHttps))
            throw new ArgumentException($"{nameof(Server)} must be absolute and begin with http:// or https://.");
        if (Server.Query.Length > 0 || Server.Fragment.Length > 0 || Server.UserInfo.Length > 0)
            throw new ArgumentException(
                $"{nameof(Server)} must be an address without user, query and fragment; the token goes into {nameof(Token)}.");
        if (Token is null)
            throw new ArgumentException($"{nameof(Token)} is missing: the server requires a bearer token.");
        OptionChecks.Headers(Headers);
    }

    private void ValidateGivenConnection()
    {
        if (Server is not null || Token is not null)
            throw new ArgumentException(
                $"{nameof(Connection)} excludes {nameof(Server)} and {nameof(Token)}: a given connection has an address and a token.");
        if (CursorStore is not null && User is null)
            throw new ArgumentException(
                $"{nameof(User)} is missing: a {nameof(CursorStore)} keeps positions by user, and a given {nameof(Connection)} does not "
                + "tell whose it is.");
    }
}

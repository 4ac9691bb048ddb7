using System.Collections.ObjectModel;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.Logging;

namespace Realtime.Client;

/// <summary>What a feed reads, and how.</summary>
/// <remarks>
/// Checked by <see cref="OrderFeed.ConnectAsync"/> before anything is sent. A lost connection is tried again for ever: after a random time
/// of up to half a second at first, twice that after each failure, at most 30 seconds; or when the server says, if it said so.
/// </remarks>
public sealed record OrderFeedOptions
{
    /// <summary>
    /// The server's address, http or https, without the paths of its API: <c>https://hub.example</c>. Required, unless
    /// <see cref="Connection"/> is given.
    /// </summary>
    public Uri? Server { get; init; }

    /// <summary>
    /// Gives the bearer token. Asked for every connection, and again when the server refuses one (401), so it should return a fresh one
    /// whenever the last is about to expire. Required, unless <see cref="Connection"/> is given.
    /// </summary>
    /// <remarks>What it throws counts as a failed try to connect, and is tried again. It may take its time.</remarks>
    public Func<CancellationToken, ValueTask<string>>? Token { get; init; }

    /// <summary>
    /// A hub connection that was built elsewhere, with a <c>HubConnectionBuilder</c>, in place of <see cref="Server"/> and
    /// <see cref="Token"/>. The feed starts it whenever it is down, and neither stops nor disposes it; the connection's own options decide
    /// about transports and time-outs. Let nothing else call <c>Subscribe</c> on it. Default: none, the feed connects by itself.
    /// </summary>
    public HubConnection? Connection { get; init; }

    /// <summary>
    /// The ways of receiving that may be used, best first: one that does not connect, or connects and does not carry (a proxy that buffers
    /// event streams), gives way to the next. At least one, none twice. Default: WebSockets, server-sent events, long polling, event
    /// source.
    /// </summary>
    public IReadOnlyList<Transport> Transports { get; init; } =
        [Transport.WebSockets, Transport.ServerSentEvents, Transport.LongPolling, Transport.EventSource];

    /// <summary>
    /// Where the position is kept over restarts of the program, such as a <see cref="FileCursorStore"/>. Default: nowhere; the feed then
    /// begins as <see cref="StartFrom"/> says.
    /// </summary>
    public ICursorStore? CursorStore { get; init; }

    /// <summary>Where to begin when there is no saved position. Default: behind what the user has acknowledged.</summary>
    public StartFrom StartFrom { get; init; } = StartFrom.Unacknowledged;

    /// <summary>
    /// The user's name in the <see cref="CursorStore"/>. Default: the token's <c>sub</c>. Required where that cannot be seen: with a
    /// <see cref="Connection"/> and a store.
    /// </summary>
    public string? User { get; init; }

    /// <summary>
    /// Told of a gap in its place between two notifications by <see cref="OrderFeed.ReadAllAsync"/>, which goes on when it has returned.
    /// Default: gaps are logged as warnings.
    /// </summary>
    public Func<OrderGap, CancellationToken, ValueTask>? OnGap { get; init; }

    /// <summary>
    /// Told of each change of <see cref="OrderFeed.State"/>, in order, on a thread of the pool. It should return soon: meanwhile the feed
    /// stands still. Default: nobody is told.
    /// </summary>
    public Action<FeedState>? OnStateChanged { get; init; }

    /// <summary>
    /// How long a transport may take from its start to the first item; the token's time does not count. Default 10 seconds; 100
    /// milliseconds to 5 minutes.
    /// </summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How many items may wait for your loop; when it falls further behind (or 16 MiB of data wait), the feed stops receiving and goes on
    /// from its position when half of them have been taken. Default 4,096; 16 to 1,000,000.
    /// </summary>
    public int BufferedItems { get; init; } = 4096;

    /// <summary>
    /// Headers for every request, the WebSocket's included. They replace the library's own, and an empty value removes one:
    /// <c>["User-Agent"] = ""</c>. <c>Authorization</c> and <c>Accept</c> stay the library's. Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>
    /// Receives the handler that every request of one connection goes through, the WebSocket's included, and returns the one to use (proxy,
    /// certificates). Called once for every connection, which disposes the result. Default: the handler as it is.
    /// </summary>
    public Func<SocketsHttpHandler, HttpMessageHandler>? ConfigureHandler { get; init; }

    /// <summary>
    /// Where to log, at every level without tokens, data and the queries of addresses. That leaves out what the SignalR client's transports
    /// log (<c>Microsoft.AspNetCore.Http.Connections.*</c>), which names addresses. Default: nowhere.
    /// </summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>The clock for all waits. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Draws the waits between tries. Default: shared.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <exception cref="ArgumentException">Something is missing or out of range; the text says what to change.</exception>
    internal void Validate()
    {
        if (Connection is null) ValidateServer();
        else ValidateGivenConnection();
        OptionChecks.Transports(Transports);
        if (!Enum.IsDefined(StartFrom)) throw new ArgumentException($"{nameof(StartFrom)} is {StartFrom}, which is none.");
        if (User is "") throw new ArgumentException($"{nameof(User)} is empty: leave it out to take it from the token.");
        if (TimeProvider is null) throw new ArgumentException($"{nameof(TimeProvider)} must not be null.");
        if (Random is null) throw new ArgumentException($"{nameof(Random)} must not be null.");
        OptionChecks.Range(ConnectTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5), nameof(ConnectTimeout));
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
            throw new ArgumentException($"{nameof(Token)} is missing: the server serves nobody without a bearer token.");
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

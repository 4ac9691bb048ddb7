using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Realtime.Server.Routing;

/// <summary>Passes a request on to the node that owns its connection, and the answer back, once and as it is.</summary>
/// <remarks>
/// (1) Send, with the caller's own credentials, which the owner checks. A request is sent again only if no connection could be made at all. (2) Copy
/// status and headers. (3) Copy the body, read by read (<see cref="ForwardedBody"/>).
/// </remarks>
internal sealed partial class Forwarder(
    NodeDirectory directory, ForwardedStreams streams, TimeProvider time, ILogger<Forwarder> logger) : IDisposable
{
    /// <summary>How long an owner may take to accept a connection.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>How long an owner may be silent: a long poll ends after 25 s, an event stream says something every 15.</summary>
    public static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(40);

    /// <summary>Bytes of an answer that the kernel may hold while the caller takes none, so that the owner soon notices a caller that does not read.</summary>
    private const int ReceiveBufferBytes = 64 * 1024;

    private readonly HttpMessageInvoker _owners = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        ConnectTimeout = ConnectTimeout,
        // Kestrel closes what was idle for 130 s; no request may meet that.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
        ConnectCallback = ConnectAsync,
        // As Kestrel has read them.
        RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
    });

    /// <returns>False: there is no answer and nothing has been said to the caller.</returns>
    public async Task<bool> TryForwardAsync(HttpContext context, Uri owner)
    {
        using var limit = new CancellationTokenSource(SilenceLimit, time);
        await using var leaving = context.RequestAborted.UnsafeRegister(static limit => ((CancellationTokenSource)limit!).Cancel(), limit);
        HttpResponseMessage answer;
        try
        {
            using var request = Request(context, owner);
            answer = await _owners.SendAsync(request, limit.Token);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller left, and so has the request: the owner sees it go.
            return true;
        }
        catch (Exception unanswered) when (unanswered is HttpRequestException or OperationCanceledException or SocketException)
        {
            // A bare SocketException: the framework asks a socket for its address, which has been reset since it was connected.
            // What was wrong may be the caller's own body: its answer is not the owner's.
            if (unanswered.InnerException is BadHttpRequestException broken) throw new BadHttpRequestException(broken.Message, broken.StatusCode, broken);
            if (unanswered is not (SocketException or HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError })) BrokenAnswer(owner, unanswered.Message);
            return false;
        }

        using (answer)
        {
            HopHeaders.Copy(answer, context.Response);
            using var stream = streams.Track(context, answer);
            return await new ForwardedBody(context, owner, limit, logger).CopyAsync(answer);
        }
    }

    public void Dispose() => _owners.Dispose();

    private HttpRequestMessage Request(HttpContext context, Uri owner)
    {
        var from = context.Request;
        var path = from.PathBase.ToUriComponent() + from.Path.ToUriComponent() + from.QueryString.Value;
        // Byte for byte as the caller wrote it.
        var target = new Uri(owner.GetLeftPart(UriPartial.Authority) + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(new HttpMethod(from.Method), target)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            // A request with a content, even an empty one, is not repeated on another connection when its own breaks: a poll may have been executed.
            Content = HttpMethods.IsPost(from.Method) ? new StreamContent(from.Body) : new ByteArrayContent([]),
        };
        HopHeaders.Copy(from.Headers, request);
        if (HttpMethods.IsPost(from.Method)) request.Content.Headers.ContentLength = from.ContentLength;

        var caller = context.Connection.RemoteIpAddress?.ToString() ?? "";
        var host = from.Host.HasValue ? from.Host.Value! : owner.Authority;
        request.Headers.TryAddWithoutValidation("Host", host);
        request.Headers.TryAddWithoutValidation(ForwardMark.For, caller);
        request.Headers.TryAddWithoutValidation(ForwardMark.Proto, from.Scheme);
        var id = from.Query[IdInQuery.Name].ToString();
        request.Headers.TryAddWithoutValidation(ForwardMark.Header, ForwardMark.Make(directory.Key!, from.Method, id, caller, from.Scheme, host));
        return request;
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = ReceiveBufferBytes };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    [LoggerMessage(RoutingEventIds.BrokenAnswer, LogLevel.Debug, "The node at {Owner} took a forwarded request and did not answer it: {Why}")]
    private partial void BrokenAnswer(Uri owner, string why);
}

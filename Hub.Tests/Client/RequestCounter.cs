using System.Collections.Concurrent;
using System.Net;
using Realtime.Client;

namespace Realtime.Tests.Client;

/// <summary>Counts the connections that a feed opens, and records the answers to its requests.</summary>
internal sealed class RequestCounter
{
    private readonly ConcurrentQueue<HttpStatusCode> _statuses = new();
    private int _connections;

    public int Connections => Volatile.Read(ref _connections);

    public IReadOnlyList<HttpStatusCode> Statuses => [.. _statuses];

    /// <summary>An <see cref="OrderFeedOptions.ConfigureHandler"/>, called once for each connection.</summary>
    public HttpMessageHandler Configure(SocketsHttpHandler handler)
    {
        Interlocked.Increment(ref _connections);
        handler.UseProxy = false;
        return new Handler(handler, _statuses);
    }

    private sealed class Handler(HttpMessageHandler inner, ConcurrentQueue<HttpStatusCode> statuses) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            statuses.Enqueue(response.StatusCode);
            return response;
        }
    }
}

using System.Collections.Concurrent;

namespace Realtime.Server.Routing.Forwarding;

/// <summary>
/// The event streams of other nodes that run through this one, so that a node that stops can disconnect their readers one by one.
/// </summary>
/// <remarks>
/// This node cannot send <c>closing</c> in the owner's name, and must not end a stream as if the owner had. So it cuts them, and SignalR
/// clients reconnect. Long polls need nothing: they end by themselves, and the next one goes to another node.
/// </remarks>
internal sealed class ForwardedStreams(TimeProvider time)
{
    private readonly ConcurrentDictionary<HttpContext, bool> _open = new();

    /// <summary>Remembers an event stream until <see cref="Forget"/>.</summary>
    /// <returns>False if the response is not an event stream.</returns>
    public bool Track(HttpContext context, HttpResponseMessage answer)
    {
        if (answer.Content.Headers.ContentType?.MediaType != "text/event-stream") return false;
        _open[context] = true;
        return true;
    }

    /// <summary>Call this for every forwarded request that has ended: its context may be reused for another one.</summary>
    public void Forget(HttpContext context) => _open.TryRemove(context, out _);

    /// <summary>Cuts the current streams, spread over a time. <see cref="CutAll"/> cuts those that start during it.</summary>
    public async Task DrainAsync(TimeSpan duration, CancellationToken cancel)
    {
        var open = _open.Keys.ToArray();
        Random.Shared.Shuffle(open);
        for (var i = 0; i < open.Length; i++)
        {
            if (i > 0) await Task.Delay(duration / open.Length, time, cancel);
            Cut(open[i]);
        }
    }

    /// <summary>Cuts the remaining streams when the node has nothing else to wait for.</summary>
    public void CutAll()
    {
        foreach (var stream in _open.Keys) Cut(stream);
    }

    // Do not touch a stream that has ended: its context may already serve another request.
    private void Cut(HttpContext stream)
    {
        if (_open.TryRemove(stream, out _)) stream.Abort();
    }
}

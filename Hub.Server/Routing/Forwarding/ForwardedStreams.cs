using System.Collections.Concurrent;

namespace Realtime.Server.Routing.Forwarding;

/// <summary>
/// The event streams of other nodes that run through this one, so that a node that stops can send their readers away one by one.
/// </summary>
/// <remarks>
/// It cannot say <c>closing</c> in the owner's name, and must not end a stream as if the owner had: it cuts them, and SignalR clients
/// reconnect. Long polls need nothing: they end by themselves, and the next one goes elsewhere.
/// </remarks>
internal sealed class ForwardedStreams(TimeProvider time)
{
    private readonly ConcurrentDictionary<HttpContext, bool> _open = new();

    /// <summary>Remembers an event stream until <see cref="Forget"/>.</summary>
    /// <returns>False: the answer is none.</returns>
    public bool Track(HttpContext context, HttpResponseMessage answer)
    {
        if (answer.Content.Headers.ContentType?.MediaType != "text/event-stream") return false;
        _open[context] = true;
        return true;
    }

    /// <summary>For every forwarded request that has ended: its context may serve another one from now on.</summary>
    public void Forget(HttpContext context) => _open.TryRemove(context, out _);

    /// <summary>Cuts the streams there are, spread over a time. Those that come meanwhile are for <see cref="CutAll"/>.</summary>
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

    /// <summary>Cuts what is left when the node has nothing else to wait for.</summary>
    public void CutAll()
    {
        foreach (var stream in _open.Keys) Cut(stream);
    }

    // One that has ended is no longer ours to touch: its context may serve another request by now.
    private void Cut(HttpContext stream)
    {
        if (_open.TryRemove(stream, out _)) stream.Abort();
    }
}

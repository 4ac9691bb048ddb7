using Realtime.Server.Routing.Nodes;

namespace Realtime.Server.Routing.Refreshes;

/// <summary>The requests that this node has received lately. Each is carried out once, and only while it is fresh.</summary>
internal sealed class ReceivedRefreshes(NodeDirectory directory)
{
    /// <summary>How old a request may be, by the clock that all nodes share.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(5);

    /// <summary>Requests that are remembered. One more is not carried out until an older one has become too old.</summary>
    public const int MaxRemembered = 100_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Task<RefreshResult>> _byNonce = new(StringComparer.Ordinal); // guarded by _gate
    private readonly Queue<(string Nonce, DateTimeOffset Until)> _order = [];                        // guarded by _gate

    /// <summary>Carries a request out, unless it was received before.</summary>
    /// <returns>What became of it; null if it comes too late or too early.</returns>
    public Task<RefreshResult>? Take(RefreshRequest request, Func<RefreshRequest, Task<RefreshResult>> refresh)
    {
        var now = directory.Now;
        if (Math.Abs(now.ToUnixTimeMilliseconds() - request.At) > MaxAge.TotalMilliseconds) return null;
        lock (_gate)
        {
            while (_order.TryPeek(out var oldest) && oldest.Until < now) _byNonce.Remove(_order.Dequeue().Nonce);
            if (_byNonce.TryGetValue(request.Nonce, out var before)) return before;
            if (_byNonce.Count >= MaxRemembered) return null;
            // A request from a clock that is ahead stays fresh for longer.
            _order.Enqueue((request.Nonce, now + (2 * MaxAge)));
            return _byNonce[request.Nonce] = refresh(request);
        }
    }
}

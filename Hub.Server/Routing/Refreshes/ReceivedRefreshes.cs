using Realtime.Server.Routing.Nodes;

namespace Realtime.Server.Routing.Refreshes;

/// <summary>The requests that this node has received lately. Each is carried out once, and only while it is fresh.</summary>
internal sealed class ReceivedRefreshes(NodeDirectory directory)
{
    /// <summary>
    /// How old a request may be, by the clock that all nodes share. The node that asked gives up after
    /// <see cref="RefreshThroughRedis.Patience"/>, and then nothing may change any more.
    /// </summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    /// <summary>How far ahead the clock of the node that asked may be, as it reads the shared one.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(4);

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
        var age = TimeSpan.FromMilliseconds(now.ToUnixTimeMilliseconds() - request.At);
        if (age < -ClockTolerance) return null;
        lock (_gate)
        {
            while (_order.TryPeek(out var oldest) && oldest.Until < now) _byNonce.Remove(_order.Dequeue().Nonce);
            if (_byNonce.TryGetValue(request.Nonce, out var before)) return before;
            if (age > MaxAge || _byNonce.Count >= MaxRemembered) return null;
            // A request from a clock that is ahead stays fresh for longer.
            _order.Enqueue((request.Nonce, now + MaxAge + ClockTolerance));
            return _byNonce[request.Nonce] = refresh(request);
        }
    }
}

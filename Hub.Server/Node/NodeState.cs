namespace Realtime.Server.Node;

/// <summary>Whether this node accepts new traffic.</summary>
internal sealed class NodeState
{
    private volatile bool _started;
    private volatile bool _storeWasReached;
    private volatile bool _draining;

    /// <summary>
    /// True once the node has started and reached the store, until it drains. Losing the store later does not change it: all nodes would
    /// leave at once.
    /// </summary>
    public bool IsReady => _started && _storeWasReached && !_draining;

    public bool IsDraining => _draining;

    public void Started() => _started = true;

    public void StoreWasReached() => _storeWasReached = true;

    public void BeginDraining() => _draining = true;
}

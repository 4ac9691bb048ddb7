namespace Realtime.Server.Routing.Refreshes;

/// <summary>A request to other nodes, and what they have answered so far.</summary>
internal sealed class RefreshQuestion
{
    private readonly TaskCompletionSource<RefreshResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly HashSet<string> _waitsFor;              // guarded by _gate
    private readonly bool _isForAll;
    private RefreshResult _result = RefreshResult.NotFound;  // guarded by _gate

    /// <param name="nodes">The nodes that will answer.</param>
    /// <param name="isForAll">True if several nodes may have something to refresh; otherwise the first that had it decides.</param>
    public RefreshQuestion(IEnumerable<string> nodes, bool isForAll)
    {
        (_waitsFor, _isForAll) = (new(nodes, StringComparer.Ordinal), isForAll);
        if (_waitsFor.Count == 0) _answer.SetResult(_result);
    }

    public Task<RefreshResult> Answer => _answer.Task;

    public void Add(string node, RefreshResult result)
    {
        lock (_gate)
        {
            if (!_waitsFor.Remove(node)) return;
            if (result == RefreshResult.Failed || _result == RefreshResult.NotFound) _result = result;
            if (_waitsFor.Count == 0 || (!_isForAll && result != RefreshResult.NotFound)) _answer.TrySetResult(_result);
        }
    }
}

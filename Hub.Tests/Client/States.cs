using System.Collections.Concurrent;
using Realtime.Client;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>The states that a window showing the feed's state has received.</summary>
internal sealed class States
{
    private readonly ConcurrentQueue<FeedState> _told = new();

    public IReadOnlyList<FeedState> All => [.. _told];

    public IEnumerable<FeedPhase> Phases => _told.Select(state => state.Phase);

    public FeedState? Last => _told.LastOrDefault();

    public void Add(FeedState state) => _told.Enqueue(state);

    public Task IsAsync(FeedPhase phase, CancellationToken cancel) =>
        Eventually.True($"the feed is {phase}", () => Last?.Phase == phase, TimeSpan.FromSeconds(60), cancel);

    public Task WasAsync(FeedPhase phase, CancellationToken cancel) =>
        Eventually.True($"the feed has been {phase}", () => Phases.Contains(phase), TimeSpan.FromSeconds(60), cancel);
}

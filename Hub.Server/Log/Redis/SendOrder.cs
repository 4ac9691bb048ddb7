using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Redis;

/// <summary>
/// Sends appends to a topic in the order in which they began. A publish without an idempotency key is sent at once. One with a key must
/// claim the key first, and later publishes to one of its topics wait until it has been sent.
/// </summary>
internal sealed class SendOrder
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Topic, Task> _unsent = [];   // guarded by _gate; the last publish of each topic that has not been sent yet

    /// <summary>Takes the next turn in each topic. The caller must end the turn.</summary>
    /// <param name="mayBeFree">
    /// True if the caller sends before this thread does anything else. Such a caller gets null, because it needs no turn, unless an earlier
    /// publish is unsent in one of its topics.
    /// </param>
    public Turn? Take(IReadOnlyList<Topic> topics, bool mayBeFree)
    {
        lock (_gate)
        {
            if (mayBeFree && (_unsent.Count == 0 || !topics.Any(_unsent.ContainsKey))) return null;
            var turn = new Turn(this, topics);
            foreach (var topic in topics)
            {
                if (_unsent.TryGetValue(topic, out var before)) turn.Wait(before);
                _unsent[topic] = turn.Ended;
            }
            return turn;
        }
    }

    internal sealed class Turn(SendOrder order, IReadOnlyList<Topic> topics) : IDisposable
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<Task> _before = [];

        public Task Ended => _ended.Task;

        /// <summary>Completes when everything that began before has been sent or given up.</summary>
        public Task ReadyAsync() => Task.WhenAll(_before);

        public void Wait(Task before) => _before.Add(before);

        /// <summary>Ends the turn: the publish has been sent, or never will be.</summary>
        public void Dispose()
        {
            lock (order._gate)
            {
                foreach (var topic in topics)
                    if (order._unsent.GetValueOrDefault(topic) == Ended) order._unsent.Remove(topic);
            }
            _ended.TrySetResult();
        }
    }
}

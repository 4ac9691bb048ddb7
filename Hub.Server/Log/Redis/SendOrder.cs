using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Redis;

/// <summary>
/// Lets appends to a topic be sent in the order in which they began. What has no key is sent at once; what has one must ask for its claim
/// first, and what began after it in one of its topics waits until it has been sent.
/// </summary>
internal sealed class SendOrder
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Topic, Task> _unsent = [];   // guarded by _gate; the last of each topic that has not been sent yet

    /// <summary>Takes the next turn in each topic. The turn must be ended.</summary>
    /// <param name="mayBeFree">If nobody is before it and it is sent before this thread does anything else, it needs no turn: null.</param>
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

        /// <summary>Completes when everything that began before has been sent, or given up.</summary>
        public Task ReadyAsync() => Task.WhenAll(_before);

        public void Wait(Task before) => _before.Add(before);

        /// <summary>It has been sent, or never will be.</summary>
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

using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite.Writing;

/// <summary>
/// Chooses the next transaction: all waiting small writes, and a part of the wide ones. Wide publishes take turns. In each topic, the write
/// that began first goes first. Not thread-safe: used on the writer's thread.
/// </summary>
/// <param name="queue">Watches the wide publishes until they are stored, so that none waits for too long.</param>
internal sealed class WriteTurns(WriteQueue queue)
{
    /// <summary>A transaction takes small writes until it holds this many kilobytes.</summary>
    private const int HeaviestTransaction = 4_096;

    /// <summary>
    /// Kilobytes of wide publishes in one transaction: the other writes wait for them, some 10 ms and the disk's time for that amount.
    /// </summary>
    public const int WidePerTransaction = 2_048;

    /// <summary>Kilobytes of one wide publish before the next one has its turn.</summary>
    public const int WidePerTurn = WidePerTransaction / 4;

    private readonly Queue<(IPendingWrite Write, int WideBefore)> _small = new();
    private readonly List<(WideAppend Publish, int Number)> _wide = [];   // in the order they began
    private readonly Queue<WideAppend> _turns = new();
    private int _numbers;

    /// <summary>True if a small write waits.</summary>
    public bool HasSmall => _small.Count > 0;

    public void Add(IReadOnlyList<IPendingWrite> writes)
    {
        foreach (var write in writes)
        {
            if (write is not WideAppend wide)
            {
                _small.Enqueue((write, _numbers));
                continue;
            }
            _wide.Add((wide, _numbers++));
            _turns.Enqueue(wide);
            queue.Hold(wide);
        }
    }

    /// <summary>Moves the writes of the next transaction.</summary>
    public void Take(List<IPendingWrite> group)
    {
        TakeSmall(group);
        for (var (left, passed) = (WidePerTransaction, 0); left > 0 && passed < _turns.Count;)
        {
            var publish = _turns.Dequeue();
            var taken = MayGoOn(publish) ? TakeTurn(publish, Math.Min(left, WidePerTurn), group) : 0;
            (left, passed) = (left - taken, taken == 0 ? passed + 1 : 0);
            if (publish is { IsAnswered: false, Unsent.Count: > 0 }) _turns.Enqueue(publish);
        }
    }

    /// <summary>After the transaction: drops the wide publishes that need no more turns.</summary>
    public void Settle() => _wide.RemoveAll(it =>
    {
        var isOver = it.Publish.IsAnswered || it.Publish.Unsent.Count == 0;
        if (isOver) queue.LetGo(it.Publish);
        return isOver;
    });

    private void TakeSmall(List<IPendingWrite> group)
    {
        for (var weight = 0; weight < HeaviestTransaction && _small.TryDequeue(out var next);)
        {
            // Its caller has stopped waiting, so it would only delay the others.
            if (next.Write.IsAnswered) continue;
            if (next.Write is AppendWrite append && _wide.Count > 0)
                foreach (var topic in append.Topics) weight += TakeEarlier(topic, next.WideBefore, group);
            weight += next.Write.Weight;
            group.Add(next.Write);
        }
    }

    // Small writes that began before it may be for the same topics.
    private bool MayGoOn(WideAppend publish) => !_small.TryPeek(out var next) || next.WideBefore > NumberOf(publish);

    private int NumberOf(WideAppend publish) => _wide.Find(it => it.Publish == publish).Number;

    /// <returns>The kilobytes taken.</returns>
    private int TakeTurn(WideAppend publish, int most, List<IPendingWrite> group)
    {
        if (publish.IsAnswered) return 0;
        var number = NumberOf(publish);
        var (taken, places) = (0, new List<int>());
        for (; publish.Next < publish.Draft.Topics.Count && taken < most; publish.Next++)
        {
            var topic = publish.Draft.Topics[publish.Next];
            if (!publish.Unsent.Remove(topic)) continue;
            taken += TakeEarlier(topic, number, group) + publish.WeightPerTopic;
            places.Add(publish.Next);
        }
        if (places.Count > 0) group.Add(new WidePart(publish, [.. places]));
        return taken;
    }

    /// <summary>Waiting writes that began earlier in a topic go first.</summary>
    /// <returns>The kilobytes taken.</returns>
    private int TakeEarlier(Topic topic, int before, List<IPendingWrite> group)
    {
        var taken = 0;
        foreach (var (earlier, number) in _wide)
        {
            if (number >= before) break;
            if (earlier.IsAnswered || !earlier.Unsent.Remove(topic, out var place)) continue;
            group.Add(new WidePart(earlier, [place]));
            taken += earlier.WeightPerTopic;
        }
        return taken;
    }
}

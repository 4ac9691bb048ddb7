using Realtime.Server.Feed;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Feed;

/// <summary>
/// Compares what a reader got with what the log held when it was read, by its own logic: each entry's stamp proves its neighbour.
/// </summary>
internal sealed class DeliveryCheck(FaultyLog log)
{
    private readonly Dictionary<Topic, Position> _last = [];

    public string Cursor { get; private set; } = "";

    public bool WasSentAway { get; private set; }

    /// <summary>Reads what is available and checks it.</summary>
    /// <exception cref="InvalidOperationException">A promise is broken.</exception>
    public async Task ReadAsync(TestReader reader)
    {
        reader.OnItem = Judge;
        await reader.DrainAsync();
        if (reader.Cursor.Length > 0) Cursor = reader.Cursor;
        WasSentAway = reader.HasEnded;
    }

    public void IsAtTheHeadOf(IEnumerable<Topic> topics)
    {
        foreach (var topic in topics)
        {
            var head = log.Head(topic);
            Require(_last.GetValueOrDefault(topic) == head,
                $"{topic}: the reader stays at {_last.GetValueOrDefault(topic)}, the log is at {head}");
        }
    }

    private void Judge(CurrentItem item)
    {
        if (item.Topic is not { } topic || item.Kind is FeedItemKind.Position or FeedItemKind.Closing) return;
        var last = _last.GetValueOrDefault(topic);
        if (item.Kind == FeedItemKind.Notification)
        {
            Require(item.Notification!.Previous == last, $"{topic}: {item.Notification.Position} came after {last}");
            _last[topic] = item.Notification.Position;
            return;
        }

        var gap = item.Gap!.Value;
        var (retained, head) = log.AsRead(topic);
        Require(gap.After == last.Sequence, $"{topic}: the gap begins after {gap.After}, the reader had {last.Sequence}");
        if (gap.Reason == GapReason.Expired)
            Require(!retained.Any(n => n.Position.Sequence > gap.After && n.Position.Sequence < gap.Next),
                $"{topic}: some of the gap still exists");
        else
            Require(last != head && retained.All(n => n.Position != last), $"{topic}: a reset was reported, but the log knows {last}");
        // The next item must be the first one after the gap; its predecessor's stamp proves it.
        _last[topic] = retained.FirstOrDefault(n => n.Position.Sequence == gap.Next)?.Previous ?? head;
    }

    private static void Require(bool holds, string promise)
    {
        if (!holds) throw new InvalidOperationException(promise);
    }
}

using System.Runtime.InteropServices;
using System.Text.Json;

namespace Realtime.Client.Feed.Items;

/// <summary>What to do after an item.</summary>
internal enum Verdict
{
    ReadOn,

    /// <summary>Something was lost on the way: subscribe again from <see cref="Intake.After"/>.</summary>
    Resubscribe,

    /// <summary>The loop does not keep up: stop receiving until there is room.</summary>
    Pause,

    /// <summary>The server ends the stream.</summary>
    Closing,
}

/// <summary>Processes what arrives: drops duplicates, finds holes, and tracks the position.</summary>
internal sealed class Intake(FeedBuffer buffer, StartFrom start)
{
    private readonly Continuity _continuity = new();
    private readonly RecentIds _ids = new(FeedLimits.RememberedIds);
    private (string Topic, long After, long Next)? _hole;
    private bool _extentUnknown;
    private bool _isFirst;

    /// <summary>Where the next subscription begins: the wire's <c>after</c>.</summary>
    public string? After { get; private set; } = start switch
    {
        StartFrom.Latest => "latest",
        StartFrom.Earliest => "earliest",
        _ => null,
    };

    /// <summary>Whether <see cref="After"/> is a cursor, and not a keyword or null.</summary>
    public bool HasCursor => After is not (null or "latest" or "earliest");

    /// <summary>Starts at the position of an earlier feed.</summary>
    public void GoOnFrom(string cursor) => After = cursor;

    /// <summary>A new connection: its token may give other topics, so sequences are compared only within the connection.</summary>
    public void Connected() => _continuity.Clear();

    /// <summary>A new subscription, perhaps on the same connection: its first item is a position.</summary>
    public void Subscribed() => _isFirst = true;

    /// <summary>
    /// The server does not know the cursor: continue after what is acknowledged, and report a gap of unknown extent to the reader.
    /// </summary>
    public void CursorRefused()
    {
        (After, _extentUnknown) = (null, true);
        _continuity.Clear();
    }

    public Verdict Take(WireItem item)
    {
        if (item.Closing is not null)
        {
            if (item.Cursor is { } last) MoveTo(last);
            return Verdict.Closing;
        }
        if (item.Cursor is not { } cursor) return Verdict.ReadOn;   // an item of an unknown kind, from a newer server

        var isFirst = _isFirst;
        _isFirst = false;
        if (item.Gap is { } gap) TakeGap(gap.ToGap(cursor));
        else if (item.Id is not null && item.Topic is not null)
        {
            if (!TryTake(item, cursor)) return Verdict.Resubscribe;
        }
        else
        {
            // In mid-stream, a heartbeat repeats the position. Another position means that the topics have changed.
            if (!isFirst && cursor != After) _continuity.ClearGroups();
            MoveTo(cursor);
        }

        if (_extentUnknown)
        {
            _extentUnknown = false;
            TakeGap(new() { Cursor = cursor, Reason = GapReason.Reset });
        }
        return buffer.IsFull ? Verdict.Pause : Verdict.ReadOn;
    }

    private bool TryTake(WireItem item, string cursor)
    {
        var topic = item.Topic!;
        switch (_continuity.Judge(topic, item.Sequence))
        {
            case Succession.Repeat:
                MoveTo(cursor);
                return true;
            case Succession.Hole when IsNew(topic, item.Sequence):
                After = _continuity.LastOf(topic).Cursor;
                return false;
            case Succession.Hole:
                // Requested a second time and missing again: it does not exist. Report a gap, so that nothing is skipped silently.
                var last = _continuity.LastOf(topic);
                TakeGap(new()
                {
                    Cursor = last.Cursor,
                    Topic = topic,
                    After = last.Sequence,
                    Next = item.Sequence,
                    Reason = GapReason.Reset
                });
                break;
        }

        _continuity.Reached(topic, item.Sequence, cursor);
        if (_ids.Add(item.Id!)) Put(item.ToNotification(cursor), SizeOf(item.Data));
        else MoveTo(cursor);
        return true;
    }

    private bool IsNew(string topic, long sequence)
    {
        var hole = (topic, _continuity.LastOf(topic).Sequence, sequence);
        if (_hole == hole) return false;
        _hole = hole;
        return true;
    }

    private void TakeGap(OrderGap gap)
    {
        if (gap is { Topic: { } topic, Next: { } next }) _continuity.Reached(topic, next - 1, gap.Cursor);
        else _continuity.Clear();
        Put(gap, bytes: 0);
    }

    private void Put(OrderFeedItem item, int bytes)
    {
        After = item.Cursor;
        buffer.Add(new Buffered(item, item.Cursor, bytes));
    }

    private void MoveTo(string cursor)
    {
        if (After == cursor) return;
        After = cursor;
        buffer.Add(new Buffered(null, cursor, 0));
    }

    private static int SizeOf(JsonElement data) => data.ValueKind == JsonValueKind.Undefined ? 0 : JsonMarshal.GetRawUtf8Value(data).Length;
}


namespace Realtime.Tests.Faults;

/// <summary>
/// Judges a recording in which replicas became masters, each without what its master had confirmed last. Shares no code with the product,
/// only the text of docs/PROTOCOL.md.
/// </summary>
internal static class PromotionChecker
{
    /// <summary>The confirmed orders that the log no longer has where the publisher was told that they are.</summary>
    public static List<Try> Lost(Recording recording)
    {
        var kept = recording.Log.Values.SelectMany(items => items).Select(item => (item.Place, item.Id)).ToHashSet();
        return [.. recording.Tries.Where(it => it.IsConfirmed && it.Accepted.Any(place => !kept.Contains((place, it.Id!))))];
    }

    /// <summary>Every broken promise, as a sentence; empty if all were kept.</summary>
    public static List<string> Check(Recording recording)
    {
        var lost = Lost(recording).SelectMany(it => it.Accepted).Select(place => place.Topic).ToHashSet();
        return [.. recording.Readers.SelectMany(reader => reader.Topics.SelectMany(topic => Reading(recording, reader, topic, lost)))];
    }

    private static IEnumerable<string> Reading(Recording recording, Read reader, string topic, HashSet<string> lost)
    {
        var items = reader.Items.Where(item => (item is Got got ? got.Place.Topic : ((Missing)item).Topic) == topic).ToList();
        var had = 0L;
        var resets = 0;
        foreach (var item in items)
        {
            if (item is Missing gap)
            {
                if (gap.Reason != "reset") yield return $"{reader.Reader} was told of {gap}, and retention removed nothing.";
                if (gap.After != had) yield return $"{reader.Reader} was told of {gap} at {had}.";
                had = gap.Next - 1;
                resets++;
                continue;
            }
            var got = (Got)item;
            if (got.Place.Sequence != had + 1) yield return $"{reader.Reader} got {got.Place} after {had}.";
            had = got.Place.Sequence;
        }
        if (resets > 0 != lost.Contains(topic))
        {
            yield return $"{topic} lost {(lost.Contains(topic) ? "confirmed orders" : "nothing")}, and {reader.Reader} was told of "
                + $"{resets} resets.";
        }
        var ids = items.OfType<Got>().Select(got => got.Id).ToHashSet();
        foreach (var kept in recording.Log.GetValueOrDefault(topic) ?? [])
            if (!ids.Contains(kept.Id)) yield return $"{reader.Reader} never got {kept.Place}.";
    }
}

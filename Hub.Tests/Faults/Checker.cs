namespace Realtime.Tests.Faults;

/// <summary>Judges a recording. Shares no code with the product, only the text of docs/PROTOCOL.md.</summary>
internal static class Checker
{
    private const int MostViolations = 20;

    /// <summary>Every broken promise, as a sentence; empty if all were kept.</summary>
    public static List<string> Check(Recording recording) => [.. Numbers(recording)
        .Concat(Publishes(recording))
        .Concat(recording.Readers.SelectMany(reader => Reading(recording, reader)))
        .Take(MostViolations)];

    /// <summary>A topic's sequences have no holes.</summary>
    private static IEnumerable<string> Numbers(Recording recording)
    {
        foreach (var (topic, items) in recording.Log)
        {
            for (var i = 1; i < items.Count; i++)
            {
                if (items[i].Place.Sequence != items[i - 1].Place.Sequence + 1)
                    yield return $"{topic}: the log has {items[i].Place.Sequence} behind {items[i - 1].Place.Sequence}.";
            }
        }
    }

    /// <summary>
    /// Confirmed notifications exist under the sequences that the publisher received; one key is one notification; refused ones do not
    /// exist.
    /// </summary>
    private static IEnumerable<string> Publishes(Recording recording)
    {
        var kept = recording.Log.Values.SelectMany(items => items).ToLookup(item => item.Order);
        foreach (var tries in recording.Tries.GroupBy(it => it.Order))
        {
            var confirmed = tries.Where(it => it.IsConfirmed).ToList();
            var found = kept[tries.Key].ToList();
            if (found.GroupBy(item => item.Place.Topic).Any(copies => copies.Count() > 1))
                yield return $"{tries.Key} was stored more than once in a topic.";
            if (found.Select(item => item.Id).Distinct().Count() > 1) yield return $"{tries.Key} was stored under more than one id.";
            if (confirmed.Count(it => !it.Duplicate) > 1)
                yield return $"{tries.Key}: more than one publisher was told that its publish was the first.";
            if (confirmed.Count == 0 && found.Count > 0 && tries.All(it => it.Status is >= 400 and < 500))
                yield return $"{tries.Key} was refused and is in the log.";
            foreach (var it in confirmed)
            {
                if (!it.Topics.Order().SequenceEqual(it.Accepted.Select(place => place.Topic).Order()))
                    yield return $"{tries.Key} was confirmed for other topics.";
                foreach (var place in it.Accepted)
                {
                    // Notifications that retention has removed by now cannot be looked up.
                    var items = recording.Log.GetValueOrDefault(place.Topic) ?? [];
                    if (items.Count > 0 && place.Sequence < items[0].Place.Sequence) continue;
                    if (!items.Any(item => item.Place == place && item.Id == it.Id && item.Order == it.Order))
                        yield return $"{tries.Key} was confirmed as {place} with id {it.Id}, but the log does not have it there.";
                }
            }
        }
    }

    /// <summary>
    /// In each topic a reader gets everything once and in order up to the head, or a gap that names exactly what is missing; and nothing
    /// else.
    /// </summary>
    private static IEnumerable<string> Reading(Recording recording, Read reader)
    {
        var last = reader.Topics.ToDictionary(topic => topic, _ => 0L);
        foreach (var item in reader.Items)
        {
            var topic = item is Got got ? got.Place.Topic : ((Missing)item).Topic;
            if (!last.TryGetValue(topic, out var had))
            {
                yield return $"{reader.Reader} got something of {topic}, which is none of its topics.";
                continue;
            }
            var log = recording.Log.GetValueOrDefault(topic) ?? [];
            if (item is Missing gap)
            {
                if (gap.After != had || gap.Next <= had + 1) yield return $"{reader.Reader} was told of {gap} at {had}.";
                if (log.Any(it => it.Place.Sequence > gap.After && it.Place.Sequence < gap.Next))
                    yield return $"{reader.Reader} was told of {gap}, but some of it exists.";
                last[topic] = gap.Next - 1;
                continue;
            }

            got = (Got)item;
            if (got.Place.Sequence != had + 1) yield return $"{reader.Reader} got {got.Place} after {had}.";
            if (log.FirstOrDefault(it => it.Place == got.Place) is { } stored && stored.Text != got.Text)
                yield return $"{reader.Reader} got {got.Text}; the log says {stored.Text}.";
            last[topic] = got.Place.Sequence;
        }
        foreach (var (topic, had) in last)
        {
            var head = recording.Log.GetValueOrDefault(topic)?.LastOrDefault()?.Place.Sequence ?? 0;
            if (had != head) yield return $"{reader.Reader} ended at {had} of {topic}, whose head is {head}.";
        }
    }
}

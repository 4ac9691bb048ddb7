using Realtime.Server.Notifications;

namespace Realtime.Tests.Log;

internal abstract partial class NotificationLogContract
{
    [Test]
    public async Task Whoever_never_acknowledged_has_acknowledged_nothing(CancellationToken cancel)
    {
        await OpenAsync();
        Assert.That(await Log.ReadAcknowledgedAsync("nobody", cancel), Is.Empty);
    }

    [Test]
    public async Task Acknowledged_positions_are_kept_by_user_and_topic_over_a_restart(CancellationToken cancel)
    {
        await OpenAsync();
        Topic[] topics = [NewTopic(), Topic.Group("west {}:"), Topic.All, NewTopic("never written to")];
        foreach (var topic in topics[..3]) await FillAsync(topic, 3, cancel);
        var (one, two) = (await PlacesAsync(topics, 2, cancel), await PlacesAsync(topics[..1], 3, cancel));
        Assert.That(await Log.AcknowledgeAsync("alice {}:", one, cancel));
        Assert.That(await Log.AcknowledgeAsync("bob", two, cancel));
        Assert.That(await Log.ReadAcknowledgedAsync("alice {}:", cancel), Is.EquivalentTo(one), "also where there is nothing yet to see");
        await Store.ReopenAsync();
        Assert.That(await Log.ReadAcknowledgedAsync("alice {}:", cancel), Is.EquivalentTo(one));
        Assert.That(await Log.ReadAcknowledgedAsync("bob", cancel), Is.EquivalentTo(two));
    }

    [Test]
    public async Task An_acknowledgement_moves_forward_only_topic_by_topic(CancellationToken cancel)
    {
        await OpenAsync();
        var (one, other) = (NewTopic(), NewTopic());
        foreach (var topic in new[] { one, other }) await FillAsync(topic, 5, cancel);
        var first = await PlacesAsync([one], 3, cancel);
        Assert.That(await Log.AcknowledgeAsync("alice", first, cancel));
        var second = new Dictionary<Topic,
            Position>(await PlacesAsync([other], 4, cancel))
        { [one] = (await PlacesAsync([one], 2, cancel))[one] };
        Assert.That(await Log.AcknowledgeAsync("alice", second, cancel), "an older device says what it knows");
        Assert.That(await Log.ReadAcknowledgedAsync("alice", cancel),
            Is.EquivalentTo(new Dictionary<Topic, Position> { [one] = first[one], [other] = second[other] }));
        Assert.That(await Log.AcknowledgeAsync("alice", new Dictionary<Topic, Position> { [one] = Position.Start }, cancel));
        Assert.That((await Log.ReadAcknowledgedAsync("alice", cancel))[one], Is.EqualTo(first[one]));
    }

    [Test]
    public async Task Of_acknowledgements_at_the_same_time_the_furthest_stays(CancellationToken cancel)
    {
        await OpenAsync();
        var topic = NewTopic();
        var head = await FillAsync(topic, 20, cancel);
        var places = (await ItemsAsync(topic, cancel)).Select(item => item.Position)
            .Order(Comparer<Position>.Create((a, b) => (a.Sequence * 7 % 20).CompareTo(b.Sequence * 7 % 20)));
        var done = await Task.WhenAll(
            places.Select(
                place => Task.Run(() => Log.AcknowledgeAsync("alice", new Dictionary<Topic, Position> { [topic] = place }, cancel),
                    cancel)));
        Assert.That(done, Is.All.True);
        Assert.That((await Log.ReadAcknowledgedAsync("alice", cancel))[topic], Is.EqualTo(head));
    }

    [Test]
    public async Task A_position_that_the_log_does_not_know_is_refused_and_nothing_moves(CancellationToken cancel)
    {
        await OpenAsync();
        var (topic, other) = (NewTopic(), NewTopic());
        var head = await FillAsync(topic, 5, cancel);
        var good = await FillAsync(other, 5, cancel);
        Position[] unknown = [head with { Sequence = 6 }, head with { Stamp = head.Stamp + 1 }, new(3, 1),
            new(long.MaxValue, long.MaxValue)];
        foreach (var bad in unknown)
            Assert.That(await Log.AcknowledgeAsync("alice", new Dictionary<Topic, Position> { [other] = good, [topic] = bad }, cancel),
                Is.False, bad.ToString());
        Assert.That(await Log.AcknowledgeAsync("alice", new Dictionary<Topic, Position> { [NewTopic()] = new(1, 1) }, cancel), Is.False,
            "nothing was ever there");
        Assert.That(await Log.ReadAcknowledgedAsync("alice", cancel), Is.Empty);
    }

    [Test]
    public async Task A_position_whose_entry_has_expired_may_be_acknowledged(CancellationToken cancel)
    {
        await OpenAsync(count: 2);
        var topic = NewTopic();
        var early = await FillAsync(topic, 2, cancel);
        await FillAsync(topic, 8, cancel);
        await UntilFirstIsAsync(topic, 9, cancel);
        Assert.That(await Log.AcknowledgeAsync("alice", new Dictionary<Topic, Position> { [topic] = early }, cancel));
        Assert.That((await Log.ReadAcknowledgedAsync("alice", cancel))[topic], Is.EqualTo(early));
    }

    [Test]
    public async Task After_a_rewind_a_lost_position_gives_way_to_one_that_survived(CancellationToken cancel)
    {
        await OpenAsync();
        var topic = NewTopic();
        var kept = await FillAsync(topic, 5, cancel);
        await Store.BackUpAsync();
        await TickAsync(cancel);
        var lost = await FillAsync(topic, 3, cancel);
        Assert.That(await Log.AcknowledgeAsync("alice", new Dictionary<Topic, Position> { [topic] = lost }, cancel));
        await Store.RewindAsync(keepAcknowledged: true);
        Assert.That((await Log.ReadAcknowledgedAsync("alice", cancel))[topic], Is.EqualTo(lost));

        Assert.That(await Log.AcknowledgeAsync("alice", new Dictionary<Topic, Position> { [topic] = lost }, cancel), Is.False,
            "it is not known any more");
        Assert.That((await Log.ReadAcknowledgedAsync("alice", cancel))[topic], Is.EqualTo(lost));
        Assert.That(await Log.AcknowledgeAsync("alice", new Dictionary<Topic, Position> { [topic] = kept }, cancel));
        Assert.That((await Log.ReadAcknowledgedAsync("alice", cancel))[topic], Is.EqualTo(kept));
    }

    /// <summary>The position of the n-th notification of each topic; the start if it has none.</summary>
    private async Task<Dictionary<Topic, Position>> PlacesAsync(IEnumerable<Topic> topics, int sequence, CancellationToken cancel)
    {
        var places = new Dictionary<Topic, Position>();
        foreach (var topic in topics)
            places[topic] = (await ItemsAsync(topic, cancel)).FirstOrDefault(item => item.Position.Sequence == sequence)?.Position
                ?? Position.Start;
        return places;
    }
}

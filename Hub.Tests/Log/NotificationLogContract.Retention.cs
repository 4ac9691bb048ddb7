using Realtime.Server.Notifications;

namespace Realtime.Tests.Log;

internal abstract partial class NotificationLogContract
{
    // If a test cannot move the clock, it waits in real time.
    private TimeSpan ShortAge => ClockIsInjected ? TimeSpan.FromHours(1) : TimeSpan.FromSeconds(1);

    [Test]
    public async Task Each_topic_keeps_its_newest(CancellationToken cancel)
    {
        await OpenAsync(count: 3);
        var (busy, quiet) = (NewTopic(), NewTopic());
        await FillAsync(quiet, 2, cancel);
        await FillAsync(busy, 50, cancel);
        await UntilFirstIsAsync(busy, 48, cancel);
        Assert.That(Sequences(await ItemsAsync(busy, cancel)), Is.EqualTo([48, 49, 50]));
        Assert.That(Sequences(await ItemsAsync(quiet, cancel)), Is.EqualTo([1, 2]));
    }

    [Test]
    public async Task A_topic_that_keeps_one_keeps_the_last(CancellationToken cancel)
    {
        await OpenAsync(count: 1);
        var topic = NewTopic();
        await FillAsync(topic, 5, cancel);
        await UntilFirstIsAsync(topic, 5, cancel);
        Assert.That(Sequences(await ItemsAsync(topic, cancel)), Is.EqualTo([5]));
    }

    [Test]
    public async Task What_is_older_than_the_age_goes_and_what_is_younger_stays(CancellationToken cancel)
    {
        await OpenAsync(age: ShortAge);
        var topic = NewTopic();
        var old = await FillAsync(topic, 3, cancel);
        await PassAsync(ShortAge * 0.75, cancel);
        await FillAsync(topic, 2, cancel);
        await PassAsync(ShortAge * 0.25, cancel);
        await UntilAsync("the old ones are gone", async () => (await ReadAsync(topic, null, cancel)).Start.Sequence >= 3, cancel);
        if (ClockIsInjected) Assert.That(Sequences(await ItemsAsync(topic, cancel)), Is.EqualTo([4, 5]));
        Assert.That((await ReadAsync(topic, Position.Start, cancel)).Gap, Is.EqualTo(GapReason.Expired));
        Assert.That((await ReadAsync(topic, old, cancel)).Gap, Is.Null.Or.EqualTo(ClockIsInjected ? null : GapReason.Expired));
    }

    [Test]
    public async Task When_everything_has_expired_a_reader_at_the_head_misses_nothing_and_numbers_go_on(CancellationToken cancel)
    {
        await OpenAsync(age: ShortAge);
        var topic = NewTopic();
        await FillAsync(topic, 3, cancel);
        await TickAsync(cancel);
        var head = await FillAsync(topic, 1, cancel);
        await AgeAsync(topic, head, cancel);

        foreach (var again in new[] { false, true })
        {
            if (again) await Store.ReopenAsync();
            var page = await ReadAsync(topic, null, cancel);
            Assert.That((page.Start, page.Gap, page.Items.Count, page.Head), Is.EqualTo((head, (GapReason?)null, 0, head)));
            Assert.That((await ReadAsync(topic, head, cancel)).Gap, Is.Null);
            Assert.That((await ReadAsync(topic, head with { Stamp = head.Stamp + 1 }, cancel)).Gap, Is.EqualTo(GapReason.Reset));
            page = await ReadAsync(topic, Position.Start, cancel);
            Assert.That((page.Gap, page.Start), Is.EqualTo(((GapReason?)GapReason.Expired, head)));
        }

        Assert.That((await StoreAsync(Drafts.Of("next", topic), cancel)).Sequences, Is.EqualTo([5]));
        var next = await ReadAsync(topic, head, cancel);
        Assert.That((next.Gap, next.Items.Single().Previous), Is.EqualTo(((GapReason?)null, head)), "the chain is not broken");
    }

    /// <summary>Waits until retention has removed all entries of a topic.</summary>
    private async Task AgeAsync(Topic topic, Position head, CancellationToken cancel)
    {
        await PassAsync(ShortAge, cancel);
        await UntilAsync($"{topic} has expired up to {head}", async () => (await ReadAsync(topic, null, cancel)).Start == head, cancel);
    }

    private async Task PassAsync(TimeSpan time, CancellationToken cancel)
    {
        if (Clock is not null) Clock.Advance(time);
        else await Task.Delay(time, TimeProvider.System, cancel);
    }
}

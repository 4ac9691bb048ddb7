namespace Realtime.Tests.Support;

[TestFixture]
internal sealed class ManualTimeTests
{
    private readonly ManualTime _time = new();

    [Test]
    public void Timers_fire_in_order_of_their_due_time_and_see_that_time()
    {
        var seen = new List<(string Name, long At)>();
        var start = _time.Milliseconds;
        using var late = _time.CreateTimer(
            _ => seen.Add(("late", _time.Milliseconds - start)), null, TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        using var beat = _time.CreateTimer(
            _ => seen.Add(("beat", _time.Milliseconds - start)), null, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));

        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.That(seen, Is.EqualTo(new[] { ("beat", 2000L), ("late", 3000L), ("beat", 4000L) }));
        Assert.That(_time.Milliseconds - start, Is.EqualTo(5000));
    }

    [Test]
    public async Task Delays_and_elapsed_time_follow_the_clock()
    {
        var began = _time.GetTimestamp();
        var delay = Task.Delay(TimeSpan.FromSeconds(1), _time, CancellationToken.None);

        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.That(delay.IsCompleted, Is.False);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        await delay;
        Assert.That(_time.GetElapsedTime(began), Is.EqualTo(TimeSpan.FromSeconds(1)));
    }

    [Test]
    public void A_disposed_timer_stays_silent_and_a_step_of_the_wall_clock_wakes_none()
    {
        var fired = 0;
        var disposed = _time.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        using var waiting = _time.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(60), Timeout.InfiniteTimeSpan);
        disposed.Dispose();

        _time.StepTo(_time.GetUtcNow() + TimeSpan.FromDays(1));
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.That(fired, Is.Zero);
    }
}

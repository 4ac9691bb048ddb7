namespace Realtime.Tests.Support;

internal sealed class EventuallyTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);

    [Test]
    public async Task A_condition_that_becomes_true_is_waited_for()
    {
        var asked = 0;
        await Eventually.True("it was asked three times", () => ++asked == 3);
        Assert.That(asked, Is.EqualTo(3));
    }

    [Test]
    public void A_condition_that_stays_false_fails_with_its_reason() =>
        Assert.That(
            () => Eventually.True("pigs fly", () => false, Short),
            Throws.TypeOf<AssertionException>().With.Message.Contains("until pigs fly"));

    [Test]
    public void A_task_that_never_ends_fails_with_its_reason() =>
        Assert.That(
            () => Eventually.Ends("godot comes", new TaskCompletionSource().Task, Short),
            Throws.TypeOf<AssertionException>().With.Message.Contains("until godot comes"));

    [Test]
    public void The_exception_of_a_task_is_passed_on() =>
        Assert.That(() => Eventually.Ends("it ends", Task.FromException(new TimeoutException("own"))), Throws.TypeOf<TimeoutException>());
}

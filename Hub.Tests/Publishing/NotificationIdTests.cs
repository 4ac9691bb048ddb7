using Realtime.Server.Publishing;

namespace Realtime.Tests.Publishing;

[TestFixture]
internal sealed class NotificationIdTests
{
    [Test]
    public void AnIdIsSixteenLettersAndDigits() =>
        Assert.That(NotificationId.Next(), Does.Match($"^[0-9A-Za-z]{{{NotificationId.Length}}}$"));

    [Test]
    public void ThreadsNeverGetTheSameId()
    {
        const int Threads = 8, Each = 20_000;
        var ids = Enumerable.Range(0, Threads).AsParallel().WithDegreeOfParallelism(Threads)
            .SelectMany(_ => Enumerable.Range(0, Each).Select(_ => NotificationId.Next())).ToHashSet(StringComparer.Ordinal);
        Assert.That(ids, Has.Count.EqualTo(Threads * Each));
    }

    [Test]
    public void IdsDifferOnlyInTheirCountUntilTheSeriesEnds()
    {
        var series = new NotificationId.Series(NotificationId.Series.Size - 2);
        var drawn = series.TryNext()![..^NotificationId.Series.CountDigits];
        Assert.Multiple(() =>
        {
            Assert.That(series.TryNext(), Is.EqualTo(drawn + "zzzzzz"));
            Assert.That(series.TryNext(), Is.Null);
            Assert.That(new NotificationId.Series(first: 0).TryNext(), Does.EndWith("000000").And.Not.StartsWith(drawn));
        });
    }
}

using Realtime.Compare.Measuring;

namespace Realtime.Tests.Compare;

internal sealed class LatencyHistogramTests
{
    [Test]
    public void Percentiles_of_known_durations_are_known()
    {
        var histogram = Of(Enumerable.Range(1, 1_000).Select(ms => ms * 1_000L));
        Assert.Multiple(() =>
        {
            Assert.That(histogram.ValueAt(0.5), Is.EqualTo(500_000).Within(0.8).Percent);
            Assert.That(histogram.ValueAt(0.9), Is.EqualTo(900_000).Within(0.8).Percent);
            Assert.That(histogram.ValueAt(0.99), Is.EqualTo(990_000).Within(0.8).Percent);
            Assert.That(histogram.ValueAt(0.999), Is.EqualTo(999_000).Within(0.8).Percent);
            Assert.That(histogram.ValueAt(1), Is.EqualTo(1_000_000), "the longest is exact");
            Assert.That(histogram.Count, Is.EqualTo(1_000));
        });
    }

    [Test]
    public void Short_durations_are_exact()
    {
        var histogram = Of([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        Assert.That(Text(new[] { 0, 0.1, 0.5, 0.9, 0.96, 1 }.Select(histogram.ValueAt)), Is.EqualTo("1 1 5 9 10 10"));
    }

    [Test]
    public void No_duration_is_off_by_more_than_its_step()
    {
        var random = new Random(7);
        for (var i = 0; i < 10_000; i++)
        {
            var micros = random.NextInt64(1L << random.Next(1, 39));
            // Two values, so that the maximum does not hide the step.
            var histogram = Of([micros, 1L << 38]);
            Assert.That(histogram.ValueAt(0.5), Is.InRange(micros, micros + micros / 128));
        }
    }

    [TestCase(-1, 0)]
    [TestCase(long.MaxValue, (1L << 38) - 1)]
    public void What_is_out_of_range_counts_as_its_end(long micros, long counted)
    {
        var histogram = Of([micros]);
        Assert.That((histogram.Count, histogram.Max, histogram.ValueAt(0.5)), Is.EqualTo((1, counted, counted)));
    }

    [Test]
    public void Two_histograms_together_are_the_histogram_of_all()
    {
        var even = Of(Enumerable.Range(1, 500).Select(n => n * 2_000L));
        even.Add(Of(Enumerable.Range(0, 500).Select(n => n * 2_000L + 1_000)));
        var all = Of(Enumerable.Range(1, 1_000).Select(n => n * 1_000L));
        foreach (var quantile in new[] { 0.01, 0.5, 0.95, 1 }) Assert.That(even.ValueAt(quantile), Is.EqualTo(all.ValueAt(quantile)));
    }

    [Test]
    public void An_empty_one_says_nothing_but_zero() => Assert.That(new LatencyHistogram().ValueAt(0.99), Is.Zero);

    private static string Text(IEnumerable<long> values) => string.Join(' ', values);

    private static LatencyHistogram Of(IEnumerable<long> micros)
    {
        var histogram = new LatencyHistogram();
        foreach (var value in micros) histogram.Record(value);
        return histogram;
    }
}

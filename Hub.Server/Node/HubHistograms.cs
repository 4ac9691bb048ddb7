using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Realtime.Server.Node;

/// <summary>Distributions, which only an instrument can hold. Recording costs a check if no program collects them.</summary>
/// <remarks>In seconds, with a time of the start from <see cref="Start"/>.</remarks>
internal sealed class HubHistograms(Meter meter)
{
    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [.. LatencyBounds.Milliseconds.Select(milliseconds => milliseconds / 1000.0)],
    };

    private static readonly InstrumentAdvice<int> Sizes = new()
    {
        HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
    };

    private readonly Histogram<double> _publish = meter.CreateHistogram(
        "realtime.publish.duration", "s", "From the request, or the line of a batch, to its answer.", advice: Durations);
    private readonly Histogram<double> _store = meter.CreateHistogram(
        "realtime.store.duration", "s", "What the store took, by operation.", advice: Durations);
    private readonly Histogram<int> _batch = meter.CreateHistogram(
        "realtime.store.append.batch_size", "{append}", "Appends that shared a transaction of SQLite or a call to Redis.", advice: Sizes);
    private readonly Histogram<double> _lag = meter.CreateHistogram(
        "realtime.delivery.lag", "s", "Of live deliveries: from the store's stamp until the notification was written to the connection.",
        advice: Durations);

    /// <returns>A timestamp for <see cref="Published"/>; 0 if nothing collects it.</returns>
    public long StartPublish() => Start(_publish);

    public void Published(PublishOutcome outcome, long start)
    {
        if (start == 0) return;
        _publish.Record(SecondsSince(start), new KeyValuePair<string, object?>("outcome", Label<PublishOutcome>.Of(outcome)));
    }

    /// <returns>A timestamp for <see cref="Stored"/>; 0 if nothing collects it.</returns>
    public long StartStore() => Start(_store);

    /// <param name="isAnswered">False if the store was unavailable.</param>
    public void Stored(StoreOperation operation, bool isAnswered, long start) => _store.Record(
        SecondsSince(start), new("operation", Label<StoreOperation>.Of(operation)), new("outcome", isAnswered ? "ok" : "unavailable"));

    public void Batch(int appends)
    {
        if (_batch.Enabled) _batch.Record(appends);
    }

    public void Lag(Transport transport, long milliseconds)
    {
        if (!_lag.Enabled) return;
        _lag.Record(milliseconds / 1000.0, new KeyValuePair<string, object?>("transport", Label<Transport>.Of(transport)));
    }

    private static long Start(Histogram<double> histogram) => histogram.Enabled ? Stopwatch.GetTimestamp() : 0;

    private static double SecondsSince(long start) => Stopwatch.GetElapsedTime(start).TotalSeconds;
}

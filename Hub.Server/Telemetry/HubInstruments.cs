using System.Diagnostics.Metrics;
using Realtime.Server.Node;

namespace Realtime.Server.Telemetry;

/// <summary>The instruments that observe the node's counters when they are collected. <see cref="HubHistograms"/> has the others.</summary>
/// <remarks>
/// Names and units follow OpenTelemetry's conventions; docs/metrics.md lists them. A label is a value of an enum: never a user, topic,
/// order or token, which would make a series for each and show who they are.
/// </remarks>
internal sealed class HubInstruments(HubCounters counters, NodeState node, IMeasuredStore store, IMeasuredBackplane backplane)
    : IHostedService
{
    private readonly Meter _meter = counters.Meter;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Count("realtime.publishes", "{publish}", "Publishes that were answered, lines of batches included.", "outcome", counters.Publishes);
        _meter.CreateObservableCounter(
            "realtime.store.appends", () => counters.Appended, "{append}",
            "Appends that the store confirmed: a notification for three topics counts three times.");
        _meter.CreateObservableUpDownCounter(
            "realtime.store.waiting_writes", () => store.WaitingWrites, "{write}", "Writes that wait for the store.");
        _meter.CreateObservableUpDownCounter(
            "realtime.store.wal.size", () => Known(store.WriteAheadLogBytes), "By",
            "The write-ahead log of the embedded store.");
        _meter.CreateObservableCounter("realtime.deliveries", Deliveries, "{notification}", "Notifications handed to connections.");
        _meter.CreateObservableUpDownCounter("realtime.readers", Readers, "{connection}", "Connections of readers that are open now.");
        _meter.CreateObservableCounter(
            "realtime.catch_ups", () => counters.CatchUps, "{subscription}",
            "Subscriptions that began with notifications that were stored before.");
        Count("realtime.gaps", "{gap}", "Gaps that readers were told of.", "reason", counters.Gaps);
        Count("realtime.closings", "{stream}", "Streams that this node ended with a reason.", "reason", counters.Closings);
        Count("realtime.forwards", "{request}", "Requests passed on to the node that owns their connection.", "kind", counters.Forwards);
        Count("realtime.announcement.holes", "{hole}", "Announcements that were lost; the log filled them.", "found_by", counters.Holes);
        _meter.CreateObservableGauge(
            "realtime.beacon.age", () => Known(backplane.BeaconAge?.TotalSeconds), "s",
            "Since the last beacon returned that this node sent to itself through Redis.");
        _meter.CreateObservableCounter(
            "realtime.retention.removed", () => store.WriteAheadLogBytes is null ? [] : Each("reason", counters.Removed), "{notification}",
            "Notifications that retention removed from topics of the embedded store.");
        Count("realtime.refused", "{refusal}", "Connections and requests refused because of a limit.", "limit", counters.Refused);
        _meter.CreateObservableUpDownCounter(
            "realtime.node.ready", () => node.IsReady ? 1 : 0, "{node}", "1 if the node accepts traffic, else 0.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Count<TKey>(string name, string unit, string description, string label, Counts<TKey> counts)
        where TKey : struct, Enum =>
        _meter.CreateObservableCounter(name, () => Each(label, counts), unit, description);

    private static IEnumerable<Measurement<long>> Each<TKey>(string label, Counts<TKey> counts)
        where TKey : struct, Enum =>
        Label<TKey>.Keys.Select(key => new Measurement<long>(counts[key], new KeyValuePair<string, object?>(label, Label<TKey>.Of(key))));

    private static IEnumerable<Measurement<T>> Known<T>(T? value)
        where T : struct =>
        value is { } known ? [new(known)] : [];

    private IEnumerable<Measurement<long>> Deliveries() =>
        from transport in Label<Transport>.Keys
        from isReplay in (bool[])[false, true]
        select new Measurement<long>(
            (isReplay ? counters.Replays : counters.Live)[transport],
            new("transport", Label<Transport>.Of(transport)), new KeyValuePair<string, object?>("replayed", isReplay ? "true" : "false"));

    private IEnumerable<Measurement<int>> Readers() => Label<Transport>.Keys.Select(transport => new Measurement<int>(
        counters.Connections(transport), new KeyValuePair<string, object?>("transport", Label<Transport>.Of(transport))));
}

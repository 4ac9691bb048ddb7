using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Realtime.Server.Node;
using Realtime.Server.Notifications;
using Realtime.Server.Routing;

namespace Realtime.Tests.Telemetry;

/// <summary>Counting is on the hot path.</summary>
internal sealed class CountingTests
{
    [TestCase(false)]
    [TestCase(true)]
    public void Counting_allocates_nothing(bool isCollected)
    {
        var counters = new HubCounters();
        var recorded = 0;
        using var collector = new MeterListener();
        if (isCollected) Collect(collector, counters.Meter, () => recorded++);
        CountAll(counters);   // what is made once is made now
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++) CountAll(counters);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(recorded, Is.EqualTo(isCollected ? 4 * 1_001 : 0));
        Assert.That(counters.Published, Is.EqualTo(1_001));
    }

    [Test]
    public void Without_a_collector_no_time_is_taken()
    {
        var counters = new HubCounters();
        Assert.That((counters.Histograms.StartPublish(), counters.Histograms.StartStore()), Is.EqualTo((0L, 0L)));
        using var collector = new MeterListener();
        Collect(collector, counters.Meter, () => { });
        Assert.That(counters.Histograms.StartPublish(), Is.Positive);
        Assert.That(counters.Histograms.StartStore(), Is.Positive);
    }

    [Test]
    public void Labels_are_the_names_of_the_enum_in_snake_case() =>
        Assert.That(Label<CloseReason>.Keys.Select(Label<CloseReason>.Of),
            Is.EqualTo(["draining", "token_expired", "too_slow", "unavailable", "limit", "revoked"]));

    [TestCase("GET", "text/event-stream", nameof(ForwardKind.EventStream))]
    [TestCase("GET", "*/*", nameof(ForwardKind.Poll))]
    [TestCase("POST", "*/*", nameof(ForwardKind.Send))]
    [TestCase("DELETE", "*/*", nameof(ForwardKind.Close))]
    public void A_forwarded_request_is_counted_by_what_it_does(string method, string accept, string kind)
    {
        var context = new DefaultHttpContext { Request = { Method = method, Headers = { Accept = accept } } };
        Assert.That(HubRequest.KindOf(context.Request).ToString(), Is.EqualTo(kind));
    }

    private static void CountAll(HubCounters counters)
    {
        counters.CountPublish(PublishOutcome.Stored, counters.Histograms.StartPublish());
        counters.Live.Add(Transport.WebSockets);
        counters.CountWritten(Transport.WebSockets, 12);
        counters.CountAppended(3);
        counters.Histograms.Batch(3);
        if (counters.Histograms.StartStore() is var start and not 0) counters.Histograms.Stored(StoreOperation.Read, true, start);
        counters.Closings.Add(CloseReason.Draining);
    }

    private static void Collect(MeterListener collector, Meter meter, Action recorded)
    {
        collector.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == meter) listener.EnableMeasurementEvents(instrument);
        };
        collector.SetMeasurementEventCallback<double>((_, _, _, _) => recorded());
        collector.SetMeasurementEventCallback<int>((_, _, _, _) => recorded());
        collector.Start();
    }
}

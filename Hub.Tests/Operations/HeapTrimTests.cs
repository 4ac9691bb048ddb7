using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Server.Node;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations;

/// <summary>When a node pauses for a compacting collection: once a wave of connections is over, and never while it is busy.</summary>
internal sealed class HeapTrimTests
{
    private Collector _collector = null!;
    private HubCounters _counters = null!;
    private Stack<HubCounters.Connected> _connections = null!;
    private ManualTime _time = null!;
    private HeapTrim _trim = null!;

    [SetUp]
    public async Task Start()
    {
        (_collector, _counters, _connections, _time) = (new(), new(), new(), new());
        _trim = new HeapTrim(_counters, _collector, _time, NullLogger<HeapTrim>.Instance);
        await _trim.StartAsync(CancellationToken.None);
    }

    [TearDown]
    public void Stop() => _trim.Dispose();

    [TestCase(HeapTrim.Wave, 1)]
    [TestCase(HeapTrim.Wave - 1, 0)]
    public void A_wave_of_connections_is_followed_by_one_collection(int connections, int times)
    {
        Connect(connections);
        Look(times: 3);
        Assert.That(_collector.Compacted, Is.EqualTo(times));
    }

    [Test]
    public void So_is_their_going()
    {
        Connect(HeapTrim.Wave);
        Look();
        while (_connections.TryPop(out var connection)) connection.Dispose();
        Look(times: 2);
        Assert.That(_collector.Compacted, Is.EqualTo(2));
    }

    [Test]
    public void Not_while_the_node_is_at_work()
    {
        Connect(HeapTrim.Wave);
        for (var n = 0; n < 3; n++)
        {
            _collector.Collections++;
            Look();
        }
        Assert.That(_collector.Compacted, Is.Zero);
        Look();
        Assert.That(_collector.Compacted, Is.EqualTo(1));
    }

    [TestCase(HeapTrim.LargestHeap, 1)]
    [TestCase(HeapTrim.LargestHeap + 1, 0)]
    public void Not_on_a_heap_that_would_take_long(long bytes, int times)
    {
        _collector.HeapBytes = bytes;
        Connect(HeapTrim.Wave);
        Look();
        Assert.That(_collector.Compacted, Is.EqualTo(times));
    }

    [TestCase(HeapTrim.Growth, 1)]
    [TestCase(HeapTrim.Growth - 1, 0)]
    public void A_wave_of_large_requests_is_followed_by_one_that_knows_what_is_garbage(long growth, int times)
    {
        _collector.CommittedBytes = growth;
        _collector.HeapBytes = HeapTrim.LargestHeap * 4;   // nearly all of it garbage
        _collector.InUse = HeapTrim.LargestHeap;
        Look(times: 4);
        Assert.That((_collector.Swept, _collector.Compacted), Is.EqualTo((times, times)));
    }

    [Test]
    public void What_is_in_use_is_left_alone()
    {
        (_collector.CommittedBytes, _collector.InUse) = (HeapTrim.LargestHeap * 4, HeapTrim.LargestHeap + 1);
        Look(times: 4);
        Assert.That((_collector.Swept, _collector.Compacted), Is.EqualTo((1, 0)));
    }

    [Test]
    public void What_was_not_given_back_is_not_tried_again_until_it_has_grown_again()
    {
        (_collector.CommittedBytes, _collector.LeftCommitted) = (HeapTrim.Growth, HeapTrim.Growth);
        Look(times: 4);
        Assert.That(_collector.Compacted, Is.EqualTo(1));
        _collector.CommittedBytes = HeapTrim.Growth * 2;
        Look(times: 4);
        Assert.That(_collector.Compacted, Is.EqualTo(2));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task A_server_does_it_and_says_so(CancellationToken cancel)
    {
        await using var server = await TestServer.StartAsync(
            new Dictionary<string, string> { ["Logging:LogLevel:Realtime.Server.Node.HeapTrim"] = "Information" }, cancel);
        await using var readers = new AsyncDisposables();
        for (var n = 0; n < HeapTrim.Wave; n++)
            readers.Add(await EventStreamReceiver.ConnectAsync(server.Address, Tokens.For($"reader-{n}"), "latest", cancel));
        await server.PrintedAsync($"A wave of connections is over ({HeapTrim.Wave} are open)", cancel);
    }

    [Test]
    public void The_collector_of_the_runtime_counts_what_it_does_and_frees_what_nobody_holds()
    {
        var collector = new RuntimeCollector();
        var (before, garbage) = (collector.Collections, Garbage());
        collector.Compact();
        Assert.That(collector.Collections, Is.GreaterThan(before));
        Assert.That(collector.HeapBytes, Is.Positive);
        Assert.That(garbage.IsAlive, Is.False);

        static WeakReference Garbage() => new(new byte[100]);
    }

    private void Connect(int connections)
    {
        for (var n = 0; n < connections; n++) _connections.Push(_counters.Connect((Transport)(n % 4)));
    }

    private void Look(int times = 1)
    {
        for (var n = 0; n < times; n++) _time.Advance(HeapTrim.Interval);
    }

    private sealed class Collector : ICollector
    {
        public int Compacted { get; private set; }

        public int Collections { get; set; }

        public long HeapBytes { get; set; }

        public long CommittedBytes { get; set; }

        /// <summary>What is left on the heap by a collection in the background.</summary>
        public long InUse { get; set; }

        /// <summary>What is left of <see cref="CommittedBytes"/> by one that compacts.</summary>
        public long LeftCommitted { get; set; }

        public int Swept { get; private set; }

        public void Sweep()
        {
            Swept++;
            Collections++;
            HeapBytes = InUse;
        }

        public void Compact()
        {
            Compacted++;
            Collections++;
            CommittedBytes = LeftCommitted;
        }
    }
}

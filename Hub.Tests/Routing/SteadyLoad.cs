using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>
/// Publishers and readers on every transport, active while nodes start and stop. At the end every reader must have everything.
/// </summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private const int ReadersOfAWay = 3, Publishers = 2;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stopReading = new();
    private readonly CancellationTokenSource _stopPublishing = new();
    private readonly List<SteadyReader> _readers;
    private readonly List<SteadyPublisher> _publishers;
    private readonly List<Task> _reading;
    private List<Task> _publishing = [];

    private SteadyLoad(Uri balancer)
    {
        _readers = [.. Enumerable.Range(0, ReadersOfAWay).SelectMany(n => NewReaders(balancer, n))];
        _publishers = [.. Enumerable.Range(0, Publishers).Select(_ => new SteadyPublisher(balancer))];
        _reading = _readers.ConvertAll(reader => reader.RunAsync(_stopReading.Token));
    }

    private int Confirmed => _publishers.Sum(publisher => publisher.Confirmed);

    /// <summary>Returns when all readers are connected and the publishers have begun.</summary>
    public static async Task<SteadyLoad> StartAsync(Uri balancer, CancellationToken cancel)
    {
        var load = new SteadyLoad(balancer);
        await Eventually.True("all readers are connected", () => load._readers.TrueForAll(reader => reader.HasBegun), Limit, cancel);
        load._publishing = load._publishers.ConvertAll(publisher => publisher.RunAsync(load._stopPublishing.Token));
        return load;
    }

    /// <summary>Waits until this many more publishes are confirmed.</summary>
    public async Task GoesOnAsync(int publishes, CancellationToken cancel)
    {
        var before = Confirmed;
        await Eventually.True($"{publishes} more publishes are confirmed", () => Confirmed >= before + publishes, cancel);
    }

    /// <summary>
    /// Stops publishing, and asserts that every reader got every notification once and in order, and no refusal that ends an EventSource.
    /// </summary>
    /// <param name="holes">Whether readers may have found holes, as they do where a node of the first version dies.</param>
    public async Task EndsCompletelyAsync(CancellationToken cancel, bool holes = false)
    {
        await _stopPublishing.CancelAsync();
        await Task.WhenAll(_publishing);
        await AllReceivedAsync(cancel);
        await _stopReading.CancelAsync();
        await Task.WhenAll(_reading);
        await TestContext.Out.WriteLineAsync(
            $"{Confirmed} published, {_publishers.Sum(publisher => publisher.Repeated)} of them twice; readers came back "
            + $"{_readers.Sum(reader => reader.Returns)} times");
        Assert.Multiple(() =>
        {
            Assert.That(_publishers.SelectMany(publisher => publisher.Failures), Is.Empty, "publishes that failed twice");
            // Hub clients reconnect; a refusal is final only for an EventSource.
            Assert.That(_readers.Where(reader => reader.Name.StartsWith("EventSource", StringComparison.Ordinal))
                .SelectMany(reader => reader.Faults), Is.Empty);
            if (!holes)
                Assert.That(_readers.Where(reader => reader.Holes > 0)
                    .Select(reader => reader.Name), Is.Empty, "an answer was lost in silence");
            foreach (var reader in _readers)
                Assert.That(reader.Sequences, Is.EqualTo(Enumerable.Range(1, Confirmed).Select(n => (long)n)), reader.Name);
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _stopPublishing.CancelAsync();
        await _stopReading.CancelAsync();
        await Task.WhenAll([.. _publishing, .. _reading]);
        _stopPublishing.Dispose();
        _stopReading.Dispose();
    }

    private async Task AllReceivedAsync(CancellationToken cancel)
    {
        try
        {
            await Eventually.True(
                "every reader has everything", () => _readers.TrueForAll(reader => reader.Count >= Confirmed), Limit, cancel);
        }
        catch (AssertionException)
        {
            foreach (var reader in _readers)
                await TestContext.Out.WriteLineAsync(
                    $"{reader.Name}: {reader.Count} of {Confirmed}, came back {reader.Returns} times: {reader.LastCut}");
            throw;
        }
    }

    private static IEnumerable<SteadyReader> NewReaders(Uri balancer, int n)
    {
        foreach (var transport in new[] { Transport.WebSockets, Transport.ServerSentEvents, Transport.LongPolling })
        {
            yield return new SteadyReader($"{transport} {n}", async (after, cancel) =>
            {
                var receiver = await HubReceiver.ConnectAsync(balancer, Tokens.For($"steady-{transport}-{n}"), transport, cancel);
                await receiver.SubscribeAsync(after, cancel);
                return receiver;
            });
        }
        yield return new SteadyReader($"EventSource {n}", async (after, cancel) =>
            await EventStreamReceiver.ConnectAsync(balancer, Tokens.For($"steady-{n}"), after, cancel));
    }
}

using Realtime.Client;
using Realtime.Tests.Redis;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Faults;

/// <summary>
/// Two nodes on a master that Sentinel watches, 500 publishes a second, readers on every transport. Redis replicates after it has answered,
/// so a promotion may lose what was confirmed last.
/// </summary>
[CancelAfter(180_000)]
internal sealed class SentinelLoadTests
{
    private const string Service = "orders";
    private static readonly string[] Users = ["alice", "bob", "carol", "dave"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The promise: publishing works again this soon after a replica was promoted.</summary>
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(5);

    [Test]
    public Task After_a_failover_publishing_works_again_soon_and_every_loss_is_a_reset(CancellationToken cancel) =>
        FailOverAsync(times: 1, cancel);

    [Test, Category("Campaign"), CancelAfter(1_800_000)]
    public Task After_twenty_failovers_the_same(CancellationToken cancel)
    {
        Requires.Campaigns();
        return FailOverAsync(times: 20, cancel);
    }

    [Test]
    public async Task A_master_that_comes_back_before_Sentinel_gives_it_up_has_lost_nothing(CancellationToken cancel)
    {
        await using var scene = await Scene.StartAsync(downAfter: Patience, cancel);
        await scene.PublishesAsync(TimeSpan.FromSeconds(2), cancel);
        await scene.Master.KillAsync();
        await scene.Master.StartAgainAsync();
        await scene.IsConfirmedSinceAsync(TimeProvider.System.GetTimestamp(), cancel);
        await scene.EndAsync(cancel);
        Assert.That(PromotionChecker.Lost(scene.Recording), Is.Empty);
        Assert.That(PromotionChecker.Check(scene.Recording), Is.Empty);
    }

    private static async Task FailOverAsync(int times, CancellationToken cancel)
    {
        await using var scene = await Scene.StartAsync(downAfter: null, cancel);
        var slowest = TimeSpan.Zero;
        for (var time = 1; time <= times; time++)
        {
            await scene.PublishesAsync(TimeSpan.FromSeconds(1), cancel);
            var back = await scene.PromoteAsync(cancel);
            if (back > slowest) slowest = back;
            await TestContext.Progress.WriteLineAsync($"Failover {time} of {times}: confirmed again after {back.TotalSeconds:F1} s.");
            await scene.RestoreReplicaAsync();
        }
        await scene.EndAsync(cancel);
        await TestContext.Out.WriteLineAsync(
            $"{times} failovers: confirmed again after {slowest.TotalSeconds:F1} s at most; {scene.Recording.Tries.Count} publishes, "
            + $"{scene.Recording.Tries.Count(it => !it.IsConfirmed)} refused, {PromotionChecker.Lost(scene.Recording).Count} lost, "
            + $"{scene.Recording.Readers.Sum(it => it.Items.OfType<Missing>().Count())} resets.");
        // At the moment of a kill, what was confirmed is with the replica, or in the buffers between the two; that of a second is not.
        Assert.That(PromotionChecker.Lost(scene.Recording), Has.Count.LessThan(times * PacedPublisher.Rate));
        Assert.That(slowest, Is.LessThan(Promise));
        Assert.That(PromotionChecker.Check(scene.Recording), Is.Empty);
    }

    private sealed class Scene : IAsyncDisposable
    {
        private readonly AsyncDisposables _started = new();
        private readonly CancellationTokenSource _reading = new();
        private readonly CancellationTokenSource _publishing = new();
        private RedisSentinel _sentinel = null!;
        private PacedPublisher _publisher = null!;
        private readonly List<Node> _nodes = [];
        private List<RecordingReader> _readers = [];
        private Task _reads = Task.CompletedTask, _publishes = Task.CompletedTask;

        public IRedisServer Master { get; private set; } = null!;

        private IRedisServer Replica { get; set; } = null!;

        public Recording Recording { get; } = new();

        public static async Task<Scene> StartAsync(TimeSpan? downAfter, CancellationToken cancel)
        {
            var scene = new Scene();
            try
            {
                await scene.BeginAsync(downAfter, cancel);
                return scene;
            }
            catch
            {
                await scene.DisposeAsync();
                throw;
            }
        }

        private async Task BeginAsync(TimeSpan? downAfter, CancellationToken cancel)
        {
            Master = _started.Add(await RedisServers.StartAsync(RedisHost.Process));
            Replica = _started.Add(await RedisServers.StartAsync(RedisHost.Process, "--replicaof", "127.0.0.1", $"{Master.Port}"));
            _sentinel = await RedisSentinel.StartAsync(Service, Master, downAfter);
            await IsInStepAsync();
            var settings = new Dictionary<string, string>
            {
                ["ConnectionStrings:Redis"] = $"{_sentinel.Server},serviceName={Service}",
                ["Hub:Retention:Count"] = "100000",
            };
            for (var i = 0; i < 2; i++) _nodes.Add(_started.Add(await Node.StartAsync(Master, settings, cancel: cancel)));
            Transport?[] ways = [null, Transport.WebSockets, Transport.ServerSentEvents, Transport.LongPolling];
            _readers = [.. ways.Select((way, i) => new RecordingReader(_nodes[i % 2].Address, Recording, Users[i], [], way))];
            _reads = Task.WhenAll(_readers.Select(reader => reader.RunAsync(_reading.Token)));
            _publisher = new PacedPublisher(_nodes, Recording, Users);
            _publishes = _publisher.RunAsync(_publishing.Token);
        }

        /// <summary>Publishes are confirmed for a while.</summary>
        public Task PublishesAsync(TimeSpan howLong, CancellationToken cancel)
        {
            var until = TimeProvider.System.GetTimestamp() + (long)(howLong.TotalSeconds * TimeProvider.System.TimestampFrequency);
            return IsConfirmedSinceAsync(until, cancel);
        }

        /// <summary>Waits until a publish is confirmed that began at this time or later.</summary>
        public Task IsConfirmedSinceAsync(long timestamp, CancellationToken cancel) => Eventually.True(
            "a publish is confirmed", () => _publishes.IsFaulted || _publisher.LastConfirmed >= timestamp, Patience, cancel);

        /// <summary>Kills the master.</summary>
        /// <returns>The time from the promotion of its replica to the next confirmed publish.</returns>
        public async Task<TimeSpan> PromoteAsync(CancellationToken cancel)
        {
            await Master.KillAsync();
            await Eventually.True("the replica was promoted", async () => (await RoleAsync(Replica)) == "master", Patience, cancel);
            var promoted = TimeProvider.System.GetTimestamp();
            await IsConfirmedSinceAsync(promoted, cancel);
            (Master, Replica) = (Replica, Master);
            return TimeProvider.System.GetElapsedTime(promoted);
        }

        /// <summary>Starts the killed master again, which the Sentinel then makes a replica.</summary>
        public async Task RestoreReplicaAsync()
        {
            await Replica.StartAgainAsync();
            await Eventually.True("the old master is a replica", async () => await RoleAsync(Replica) == "slave", Patience);
            await IsInStepAsync();
        }

        private async Task IsInStepAsync()
        {
            await Eventually.True("the replica is in step", async () => (await Replica.AskAsync("ROLE"))[3] == "connected", Patience);
            await _sentinel.KnowsReplicaAsync(Replica);
        }

        /// <summary>Stops publishing, reads back the log, and waits for the readers.</summary>
        public async Task EndAsync(CancellationToken cancel)
        {
            await _publishing.CancelAsync();
            await Eventually.Ends("everything is answered", _publishes, Patience, cancel);
            await Eventually.True("the log is read back", async () =>
            {
                try
                {
                    await LogReader.ReadAsync(_nodes[0].Server, Recording, Users, [], cancel);
                    return true;
                }
                catch (HttpRequestException)
                {
                    return false;   // 503: this node has not found its way back yet
                }
            }, Patience, cancel);
            await Eventually.True(
                "every reader is at the head", () => _readers.All(reader => reader.HasReached(Recording.Log)), Patience, cancel);
            await _reading.CancelAsync();
            await Eventually.Ends("the readers end", _reads, Patience, cancel);
        }

        /// <summary>A Sentinel that changes a server's role cuts everyone's connections to it.</summary>
        private static async Task<string> RoleAsync(IRedisServer redis)
        {
            try
            {
                return (await redis.AskAsync("ROLE"))[0];
            }
            catch (Exception cut) when (cut is IOException or System.Net.Sockets.SocketException)
            {
                return "";
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _publishing.CancelAsync();
            await _reading.CancelAsync();
            await Task.WhenAll(_reads, _publishes).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _started.DisposeAsync();
            _sentinel?.Dispose();
            _publishing.Dispose();
            _reading.Dispose();
        }
    }
}

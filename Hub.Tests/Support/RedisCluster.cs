using DotNet.Testcontainers.Containers;

namespace Realtime.Tests.Support;

/// <summary>A Redis Cluster of shards without replicas, which share the slots evenly.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private const int Slots = 16_384;

    private readonly IContainer? _network;

    private RedisCluster(IRedisServer[] shards, IContainer? network) => (Shards, _network) = (shards, network);

    public IReadOnlyList<IRedisServer> Shards { get; }

    public string ConnectionString => string.Join(',', Shards.Select(shard => shard.ConnectionString));

    /// <param name="host">Null: whichever the tests use on this machine.</param>
    /// <param name="size">How many shards.</param>
    public static async Task<RedisCluster> StartAsync(RedisHost? host = null, int size = 3)
    {
        var cluster = (host ?? await RedisServers.ChooseAsync()) == RedisHost.Process
            ? new RedisCluster([.. Enumerable.Range(0, size).Select(_ => new RedisProcess(ShardOptions(FreePort.Next())))], null)
            : await InContainersAsync(size);
        try
        {
            await Task.WhenAll(cluster.Shards.Select(shard => shard.StartAgainAsync()));
            await cluster.FormAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Shards.Select(shard => shard.DisposeAsync().AsTask()));
        if (_network is not null) await _network.DisposeAsync();
    }

    private static async Task<RedisCluster> InContainersAsync(int size)
    {
        var engine = await Requires.ContainerEngineAsync();
        int[] ports = [.. Enumerable.Range(0, size).Select(_ => FreePort.Next())];
        var network = await RedisInContainer.ShareNetworkAsync(engine, ports);
        return new([.. ports.Select(port => new RedisInContainer(engine, ShardOptions(FreePort.Next()), port, network))], network);
    }

    private static IReadOnlyList<string> ShardOptions(int bus) => RedisServers.OptionsFor(
        "--cluster-enabled", "yes", "--cluster-port", $"{bus}", "--cluster-node-timeout", "2000",
        // The cluster fails a frozen shard after 2 s; the others go on serving their slots, however slow the machine is.
        "--cluster-require-full-coverage", "no");

    private async Task FormAsync()
    {
        var size = Shards.Count;
        for (var i = 0; i < size; i++)
        {
            await Shards[i].AskAsync("CLUSTER", "SET-CONFIG-EPOCH", $"{i + 1}");
            await Shards[i].AskAsync("CLUSTER", "ADDSLOTSRANGE", $"{i * Slots / size}", $"{(i + 1) * Slots / size - 1}");
        }
        foreach (var shard in Shards.Skip(1))
        {
            var info = (await shard.AskAsync("CLUSTER", "NODES"))[0];
            var bus = info[(info.IndexOf('@', StringComparison.Ordinal) + 1)..].Split(' ', ',')[0];
            await Shards[0].AskAsync("CLUSTER", "MEET", "127.0.0.1", $"{shard.Port}", bus);
        }
        foreach (var shard in Shards)
            await Eventually.True("the cluster stands", async () => await IsWholeAsync(shard, size), TimeSpan.FromSeconds(30));
    }

    private static async Task<bool> IsWholeAsync(IRedisServer shard, int size)
    {
        var info = (await shard.AskAsync("CLUSTER", "INFO"))[0];
        return info.Contains("cluster_state:ok", StringComparison.Ordinal)
            && info.Contains($"cluster_known_nodes:{size}\r", StringComparison.Ordinal)
            && info.Contains($"cluster_slots_ok:{Slots}\r", StringComparison.Ordinal);
    }
}

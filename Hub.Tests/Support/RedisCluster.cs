namespace Realtime.Tests.Support;

/// <summary>A Redis Cluster of three shards without replicas, which share the slots evenly.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private const int Slots = 16_384;

    private RedisCluster(RedisProcess[] shards) => Shards = shards;

    public IReadOnlyList<RedisProcess> Shards { get; }

    public string ConnectionString => string.Join(',', Shards.Select(shard => shard.ConnectionString));

    public static async Task<RedisCluster> StartAsync(int size = 3)
    {
        var shards = await Task.WhenAll(Enumerable.Range(0, size).Select(_ => RedisProcess.StartAsync(
            "--cluster-enabled", "yes", "--cluster-port", $"{FreePort.Next()}", "--cluster-node-timeout", "2000",
            // A shard that a test freezes is given up after 2 s: the others serve their slots all the same, however slow the machine is.
            "--cluster-require-full-coverage", "no")));
        var cluster = new RedisCluster(shards);
        for (var i = 0; i < size; i++)
        {
            await shards[i].AskAsync("CLUSTER", "SET-CONFIG-EPOCH", $"{i + 1}");
            await shards[i].AskAsync("CLUSTER", "ADDSLOTSRANGE", $"{i * Slots / size}", $"{(i + 1) * Slots / size - 1}");
        }
        foreach (var shard in shards.Skip(1))
        {
            var info = (await shard.AskAsync("CLUSTER", "NODES"))[0];
            var bus = info[(info.IndexOf('@', StringComparison.Ordinal) + 1)..].Split(' ', ',')[0];
            await shards[0].AskAsync("CLUSTER", "MEET", "127.0.0.1", $"{shard.Port}", bus);
        }
        foreach (var shard in shards) await Eventually.True("the cluster stands", async () => await IsWholeAsync(shard, size), TimeSpan.FromSeconds(30));
        return cluster;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var shard in Shards) await shard.DisposeAsync();
    }

    private static async Task<bool> IsWholeAsync(RedisProcess shard, int size)
    {
        var info = (await shard.AskAsync("CLUSTER", "INFO"))[0];
        return info.Contains("cluster_state:ok", StringComparison.Ordinal) && info.Contains($"cluster_known_nodes:{size}\r", StringComparison.Ordinal)
            && info.Contains($"cluster_slots_ok:{Slots}\r", StringComparison.Ordinal);
    }
}

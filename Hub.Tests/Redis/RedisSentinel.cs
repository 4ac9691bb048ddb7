using System.Diagnostics;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>A real Sentinel that watches a master, in a process of its own.</summary>
internal sealed class RedisSentinel : IDisposable
{
    private readonly string _service;
    private readonly DirectoryInfo _place;
    private readonly ChildProcess _process;

    private RedisSentinel(string service, int port, DirectoryInfo place, ChildProcess process) =>
        (_service, Port, _place, _process) = (service, port, place, process);

    public int Port { get; }

    public string Server => $"127.0.0.1:{Port}";

    /// <param name="downAfter">How long a master must be silent before its replica is promoted; null: 500 ms.</param>
    public static async Task<RedisSentinel> StartAsync(string service, IRedisServer master, TimeSpan? downAfter = null)
    {
        var silent = (int)(downAfter ?? TimeSpan.FromMilliseconds(500)).TotalMilliseconds;
        var place = Directory.CreateTempSubdirectory("hub-sentinel-");
        var port = FreePort.Next();
        var file = Path.Combine(place.FullName, "sentinel.conf");
        // It rewrites the file. One Sentinel is a majority of one.
        await File.WriteAllLinesAsync(file, [
            $"port {port}", "bind 127.0.0.1", $"dir {place.FullName}", $"sentinel monitor {service} 127.0.0.1 {master.Port} 1",
            $"sentinel down-after-milliseconds {service} {silent}", $"sentinel failover-timeout {service} 5000"]);
        var sentinel = new RedisSentinel(
            service, port, place, ChildProcess.Start(new ProcessStartInfo(Requires.Command("redis-server"), [file, "--sentinel"])));
        await Eventually.True("the Sentinel answers", sentinel.AnswersAsync);
        return sentinel;
    }

    /// <summary>Waits until it has found the master's replica: only then can it fail over.</summary>
    public Task KnowsReplicaAsync(IRedisServer replica) => Eventually.True(
        "the Sentinel knows the replica", async () => (await AskAsync("SENTINEL", "REPLICAS", _service)).Contains($"{replica.Port}"),
        TimeSpan.FromSeconds(40));

    /// <summary>Waits until it names this server as the master, which is a moment after the server has become one.</summary>
    public Task NamesAsync(IRedisServer master) => Eventually.True(
        "the Sentinel names the master",
        async () => (await AskAsync("SENTINEL", "MASTER", _service)).Contains($"{master.Port}"), TimeSpan.FromSeconds(60));

    private async Task<IReadOnlyList<string>> AskAsync(params string[] command)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync("127.0.0.1", Port);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        return await RedisTalk.AskAsync(client.GetStream(), command, patience.Token);
    }

    public void Dispose()
    {
        _process.Dispose();
        _place.Delete(recursive: true);
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            return (await AskAsync("PING"))[0] == "PONG";
        }
        catch (Exception notYet) when (notYet is System.Net.Sockets.SocketException or IOException)
        {
            return false;
        }
    }
}

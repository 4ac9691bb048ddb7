using System.Diagnostics;
using System.Net.Sockets;
using Realtime.Tests.Support;
using StackExchange.Redis;

namespace Realtime.Tests.Routing;

/// <summary>A real Redis for several nodes, in a process of its own: to be asked, killed and started again.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hub-redis-");
    private ChildProcess? _process;

    public int Port { get; } = FreePort.Next();

    public string ConnectionString => $"127.0.0.1:{Port}";

    public static async Task<RedisServer> StartAsync(CancellationToken cancel = default)
    {
        var server = new RedisServer();
        await server.StartAgainAsync(cancel);
        return server;
    }

    public async Task StartAgainAsync(CancellationToken cancel = default)
    {
        _process = ChildProcess.Start(new ProcessStartInfo(Requires.Command("redis-server"))
        {
            ArgumentList =
            {
                "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", _folder.FullName, "--save", "", "--appendonly", "yes", "--appendfsync", "always",
                "--maxmemory-policy", "noeviction",
            },
        });
        await Eventually.True("Redis accepts connections", async () =>
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync("127.0.0.1", Port, cancel);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }, cancel);
    }

    public async Task KillAsync()
    {
        _process!.Send(Signal.Kill);
        await _process.ExitAsync(TimeSpan.FromSeconds(10));
        _process.Dispose();
    }

    /// <summary>Looks at, or spoils, what the nodes keep there.</summary>
    public async Task<T> AskAsync<T>(Func<IDatabase, Task<T>> ask)
    {
        using var link = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        return await ask(link.GetDatabase());
    }

    public ValueTask DisposeAsync()
    {
        _process?.Dispose();
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}

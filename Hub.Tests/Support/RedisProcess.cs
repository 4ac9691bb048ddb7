using System.Diagnostics;
using System.Net.Sockets;
using StackExchange.Redis;

namespace Realtime.Tests.Support;

/// <summary>A real Redis in a process of its own, on a free port and a folder of its own: to be used, frozen, killed, and restarted on what is in the folder.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(20);

    private readonly string[] _options;
    private readonly DirectoryInfo _place = Directory.CreateTempSubdirectory("hub-redis-");
    private ChildProcess? _process;

    private RedisProcess(string[] options) => _options = options;

    public int Port { get; } = FreePort.Next();

    /// <summary>For <c>ConnectionStrings:Redis</c>.</summary>
    public string ConnectionString => $"127.0.0.1:{Port}";

    /// <summary>Where it keeps its data.</summary>
    public string Folder => Path.Combine(_place.FullName, "data");

    public string Output => _process!.Output;

    /// <summary>Starts one with an append-only file that is synced before each answer, as the log needs it.</summary>
    /// <param name="options">Further ones, such as <c>--appendfsync everysec</c>; the last one of a name counts.</param>
    public static async Task<RedisProcess> StartAsync(params string[] options)
    {
        var redis = new RedisProcess(options);
        Directory.CreateDirectory(redis.Folder);
        await redis.StartAgainAsync();
        return redis;
    }

    /// <summary>Starts it again after it has ended, on the same port and whatever its folder holds now.</summary>
    public async Task StartAgainAsync()
    {
        Launch();
        await Eventually.True($"Redis on port {Port} answers", AnswersAsync, TimeSpan.FromSeconds(30));
    }

    /// <summary>Like <see cref="StartAgainAsync"/>, but it may still be loading its data.</summary>
    public void Launch(params string[] more)
    {
        _process?.Dispose();
        string[] always =
        [
            "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", Folder, "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--daemonize", "no",
            "--enable-debug-command", "yes",
        ];
        _process = ChildProcess.Start(new ProcessStartInfo(Requires.Command("redis-server"), [.. always, .. _options, .. more]));
    }

    public void Send(Signal signal) => _process!.Send(signal);

    /// <summary>SIGKILL, and waits for the end.</summary>
    public async Task KillAsync()
    {
        Send(Signal.Kill);
        await _process!.ExitAsync(ExitLimit);
    }

    /// <summary>Copies its folder, which holds what it has on disk.</summary>
    public void BackUp(string name) => Copy(Folder, Path.Combine(_place.FullName, name));

    /// <summary>Puts a copy in the place of its folder. It must not be running.</summary>
    public void Restore(string name)
    {
        Directory.Delete(Folder, recursive: true);
        Copy(Path.Combine(_place.FullName, name), Folder);
    }

    /// <summary>Sends one command over a connection of its own. An error is an exception; an array is given as its texts, flattened.</summary>
    public async Task<IReadOnlyList<string>> AskAsync(params IEnumerable<string> command)
    {
        using var client = new TcpClient();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await client.ConnectAsync("127.0.0.1", Port, patience.Token);
        return await RedisTalk.AskAsync(client.GetStream(), command, patience.Token);
    }

    /// <summary>Looks at, or spoils, what is kept there, with the server's own client.</summary>
    public async Task<T> AskAsync<T>(Func<IDatabase, Task<T>> ask)
    {
        using var link = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        return await ask(link.GetDatabase());
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null && TestContext.CurrentContext.Result.FailCount > 0) await TestContext.Out.WriteLineAsync($"— Redis on port {Port} —\n{Output}");
        _process?.Dispose();
        _place.Delete(recursive: true);
    }

    private async Task<bool> AnswersAsync()
    {
        if (_process!.HasExited) throw new AssertionException($"Redis ended:\n{Output}");
        try
        {
            return (await AskAsync("PING"))[0] == "PONG";
        }
        catch (RedisTalk.ErrorException error)
        {
            return error.Message.StartsWith("NOAUTH", StringComparison.Ordinal);
        }
        catch (Exception notYet) when (notYet is SocketException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    private static void Copy(string from, string to)
    {
        if (Directory.Exists(to)) Directory.Delete(to, recursive: true);
        foreach (var folder in Directory.GetDirectories(from, "*", SearchOption.AllDirectories).Prepend(from))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }
}

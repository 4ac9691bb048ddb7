using System.Diagnostics;

namespace Realtime.Tests.Support;

/// <summary>An installed <c>redis-server</c> in a process of its own, with its data in a temporary folder.</summary>
internal sealed class RedisProcess : IRedisServer
{
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(20);

    private readonly IReadOnlyList<string> _options;
    private readonly DirectoryInfo _place = Directory.CreateTempSubdirectory("hub-redis-");
    private ChildProcess? _process;
    private string _earlier = "";   // what was printed before the last start

    /// <param name="options">As on the command line; see <see cref="RedisServers.OptionsFor"/>.</param>
    public RedisProcess(IReadOnlyList<string> options)
    {
        _options = options;
        Directory.CreateDirectory(Data);
    }

    public int Port { get; } = FreePort.Next();

    private string Data => Path.Combine(_place.FullName, "data");

    private string Backup => Path.Combine(_place.FullName, "backup");

    public async Task LaunchAsync(params string[] more)
    {
        _earlier = await OutputAsync();
        _process?.Dispose();
        _process = ChildProcess.Start(new ProcessStartInfo(
            Requires.Command("redis-server"), ["--port", $"{Port}", "--bind", "127.0.0.1", "--dir", Data, .. _options, .. more]));
    }

    public Task SendAsync(Signal signal)
    {
        _process!.Send(signal);
        return Task.CompletedTask;
    }

    public Task EndAsync(Signal signal)
    {
        _process!.Send(signal);
        return _process.ExitAsync(ExitLimit);
    }

    public Task<bool> HasEndedAsync() => Task.FromResult(_process!.HasExited);

    public Task<string> OutputAsync() => Task.FromResult(_process is null ? "" : $"{_earlier}{_process.Output}\n");

    public Task BackUpAsync()
    {
        Copy(Data, Backup);
        return Task.CompletedTask;
    }

    public Task RestoreAsync()
    {
        Copy(Backup, Data);
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await IRedisServer.PrintAfterFailureAsync(this);
        _process?.Dispose();
        _place.Delete(recursive: true);
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

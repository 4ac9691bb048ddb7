using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Server.Log;
using Realtime.Server.Log.Sqlite;
using Realtime.Server.Node;

namespace Realtime.Benchmarks;

/// <summary>Group commit of the embedded store: concurrent notifications, each for one of 1,000 topics, until they are on disk.</summary>
public class AppendBatch
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hub-benchmark-");
    private readonly Random _random = new(1);
    private SqliteLog _log = null!;

    [GlobalSetup]
    public Task OpenAsync()
    {
        _log = new SqliteLog(
            new LogOptions { DataPath = _folder.FullName }, (_, _) => { }, new HubCounters(), TimeProvider.System,
            NullLogger<SqliteLog>.Instance);
        return _log.OpenAsync(CancellationToken.None);
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _log.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Benchmark(OperationsPerInvoke = 1)]
    public Task One() => AppendAsync(1);

    [Benchmark(OperationsPerInvoke = 32)]
    public Task Of32() => AppendAsync(32);

    [Benchmark(OperationsPerInvoke = 256)]
    public Task Of256() => AppendAsync(256);

    private Task AppendAsync(int count)
    {
        var appends = new Task[count];
        for (var i = 0; i < count; i++)
            appends[i] = _log.AppendAsync(Sample.Draft(Sample.Users[_random.Next(Sample.Users.Length)]), CancellationToken.None);
        return Task.WhenAll(appends);
    }
}

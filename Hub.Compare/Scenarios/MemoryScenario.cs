using Realtime.Compare.Measuring;
using Realtime.Compare.Server;

namespace Realtime.Compare.Scenarios;

/// <summary>What a connection that waits occupies, on a server that nobody else has used before: what earlier readers left free hides nothing.</summary>
internal sealed class MemoryScenario(int readers = 300) : IScenario
{
    // What a first reader of this kind brings up once (code, buffers, threads) is no cost of a connection.
    private const int FirstReaders = 20;

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(0.5);

    public string Name => "memory";

    public string Meaning => $"{readers} readers connect to a server started for them; nothing is published";

    public double Weight => 0;

    public TimeSpan Cost => TimeSpan.FromSeconds(4);

    /// <remarks>Nothing where the server is not ours: another one cannot be started afresh.</remarks>
    public async Task<Measured> RunAsync(Session session, TimeSpan duration, TimeSpan patience, CancellationToken cancel)
    {
        var time = session.Bench.Time;
        if (!session.Bench.Target.IsOurs) return new();
        await using var server = await OwnServer.StartAsync(time, cancel);
        using var target = Target.Of(server);
        var bench = session.Bench with { Target = target, Readers = FirstReaders };
        await using var first = await Session.OpenAsync(bench, session.Contender, cancel);
        await Task.Delay(Settling, time, cancel);
        var before = first.Read();
        await using var all = await Session.OpenAsync(bench with { Readers = readers }, session.Contender, cancel);
        await Task.Delay(Settling, time, cancel);
        var measured = new Measured();
        if (all.Read().ServerBytes - before.ServerBytes is { } bytes) measured.Figures[Figure.MemoryPerConnection] = bytes / 1024.0 / readers;
        return measured;
    }
}

using Realtime.Compare.Contenders;
using Realtime.Compare.Measuring;
using Realtime.Compare.Server;

namespace Realtime.Compare.Scenarios;

/// <summary>
/// The cost of a reader to which nothing is sent, on a fresh server: memory that earlier readers had freed would hide the cost.
/// </summary>
/// <param name="readers">Enough that the garbage of connecting, a few megabytes for any number, hardly counts.</param>
/// <param name="silence">How long to leave the readers idle; null: 26 s. In that time each has had its heartbeat, after 15 s, and the end
/// of its poll, after 25 s.</param>
internal sealed class IdleScenario(int readers = 600, TimeSpan? silence = null) : IOnceScenario
{
    // The first reader of a kind initializes code, buffers and threads once; that is not a cost per connection.
    private const int FirstReaders = 100;

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(0.5);

    private readonly TimeSpan _silence = silence ?? TimeSpan.FromSeconds(26);

    public string Name => "idle";

    public string Meaning =>
        $"{readers} readers connect to a server started for them, and nothing is published for {_silence.TotalSeconds:0} s";

    public Moment Moment => Moment.Alone;

    public async Task<Measured> RunAsync(Bench bench, IContender contender, TimeSpan patience, CancellationToken cancel)
    {
        var time = bench.Time;
        await using var server = await OwnServer.StartAsync(contender.Server, time, cancel, littleGarbage: true);
        using var target = Target.Of(server);
        var own = bench with { Target = target, Entrance = null, Readers = readers };
        await using var first = await Session.OpenAsync(own with { Readers = FirstReaders }, contender, cancel);
        await Task.Delay(Settling, time, cancel);
        var empty = first.Read();

        await using var session = await Session.OpenAsync(own, contender, cancel);
        await Task.Delay(Settling, time, cancel);
        var before = session.Read();
        await Task.Delay(_silence, time, cancel);
        var after = session.Read();

        var seconds = time.GetElapsedTime(before.At, after.At).TotalSeconds;
        var traffic = after.Traffic - before.Traffic;
        return new()
        {
            Figures =
            {
                [Figure.MemoryPerConnection] = (after.ServerBytes - empty.ServerBytes)!.Value / 1024.0 / readers,
                [Figure.IdleCpu] = (after.ServerCpu - before.ServerCpu)!.Value.TotalMilliseconds / readers / seconds,
                [Figure.IdleBytesPerSecond] = (traffic.Up + traffic.Down) / readers / seconds,
                [Figure.HeldConnections] = (double)session.Wire.Open / readers,
            },
        };
    }
}

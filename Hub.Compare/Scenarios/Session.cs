using Realtime.Compare.Contenders;
using Realtime.Compare.Load;
using Realtime.Compare.Server;
using Realtime.Compare.Wire;

namespace Realtime.Compare.Scenarios;

/// <summary>What all sessions have in common.</summary>
/// <param name="Rate">Notifications per second.</param>
/// <param name="PayloadBytes">The minimum size of the data of each notification; 0: the bare order.</param>
internal sealed record Bench(Target Target, Orders Orders, TimeProvider Time, int Readers, double Rate, int PayloadBytes)
{
    /// <summary>The address for readers; null: the publisher's.</summary>
    public Uri? Entrance { get; init; }
}

/// <summary>One contender's readers at one server, for all scenarios that are measured with them.</summary>
internal sealed class Session : IAsyncDisposable
{
    // The ratio of fan-out publishes to steady ones: each fan-out publish makes one delivery per reader.
    private const double FanOutShare = 0.25;

    // A server without a log does not deliver later what a reader missed. A longer wait is in vain.
    private static readonly TimeSpan PatienceWithoutLog = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan OpenLimit = TimeSpan.FromSeconds(30);
    private static int _runs;

    private readonly Bench _bench;
    private readonly CountedWire _wire;
    private readonly Crowd _crowd;
    private readonly int _run = Interlocked.Increment(ref _runs);
    private volatile Ledger? _ledger;

    private Session(
        Bench bench, IContender contender, Func<HttpMessageHandler>? tab = null, TimeSpan? inTurn = null,
        Action<CountedWire>? prepare = null)
    {
        _bench = bench;
        Empty = Read();
        _wire = new(bench.Entrance ?? bench.Target.Address, bench.Time);
        prepare?.Invoke(_wire);
        var seats = Enumerable.Range(0, bench.Readers).Select(reader =>
            new Seat(_wire.Address, bench.Target.ReaderToken(_run, reader), data => _ledger?.Receive(reader, data)) { Tab = tab });
        _crowd = new(contender, [.. seats], bench.Time, inTurn);
        Contender = contender;
    }

    public IContender Contender { get; }

    public Bench Bench => _bench;

    public CountedWire Wire => _wire;

    /// <summary>The counters before the first reader connected.</summary>
    public Reading Empty { get; }

    /// <summary>The counters when the last reader was subscribed.</summary>
    public Reading Full { get; private set; }

    /// <summary>Connections that ended although the reader was not stopped.</summary>
    public int LostConnections => _crowd.Lost;

    /// <summary>The share of readers that are, or were, subscribed.</summary>
    public double ShareSubscribed => (double)_crowd.Subscribed / _bench.Readers;

    /// <summary>The share of the attempts to get subscribed that failed.</summary>
    public double ShareOfFailedConnects => (double)_crowd.FailedConnects / Math.Max(1, _crowd.FailedConnects + _crowd.Subscribed);

    /// <summary>The share of readers that get subscribed within a limit, if they start one after another.</summary>
    /// <param name="tab">Creates the handler for a reader's requests.</param>
    /// <param name="inTurn">How long to wait for a reader before the next one starts.</param>
    public static async Task<double> ShareSubscribedAsync(
        Bench bench, IContender contender, Func<HttpMessageHandler> tab, TimeSpan inTurn, TimeSpan limit, CancellationToken cancel)
    {
        await using var session = new Session(bench, contender, tab, inTurn);
        try
        {
            await session._crowd.OpenAsync(limit, cancel);
        }
        catch (TimeoutException) { /* the share below is the result */ }
        return session.ShareSubscribed;
    }

    public static async Task<Session> OpenAsync(Bench bench, IContender contender, CancellationToken cancel)
    {
        var session = new Session(bench, contender);
        try
        {
            await session._crowd.OpenAsync(OpenLimit, cancel);
            session.Full = session.Read();
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a session in which readers may fail to connect: what share does is the result. They keep trying.</summary>
    /// <param name="prepare">What to do with the wire before the first reader connects.</param>
    public static async Task<Session> TryOpenAsync(
        Bench bench, IContender contender, TimeSpan limit, CancellationToken cancel, Action<CountedWire>? prepare = null)
    {
        var session = new Session(bench, contender, prepare: prepare);
        try
        {
            await session._crowd.OpenAsync(limit, cancel);
        }
        catch (TimeoutException) { /* those that are subscribed take part */ }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
        session.Full = session.Read();
        return session;
    }

    /// <summary>Publishes at the rate, and waits until every reader has everything, or until the limit.</summary>
    /// <param name="everybody">Each notification is for all readers, at a quarter of the rate; otherwise for one, in turn.</param>
    /// <param name="rate">Null: the rate of the options.</param>
    public async Task<Delivered> DeliverAsync(
        bool everybody, TimeSpan duration, TimeSpan limit, CancellationToken cancel, double? rate = null)
    {
        var (target, readers) = (_bench.Target, _bench.Readers);
        // A separate run: late deliveries of the previous one do not count.
        var run = Interlocked.Increment(ref _runs);
        var ledger = _ledger = new(run, _bench.Time);
        var loop = new OpenLoop(target.Http, _bench.Orders, _bench.Time);
        var perSecond = rate ?? (everybody ? _bench.Rate * FanOutShare : _bench.Rate);
        var before = Read();
        Audience AudienceOf(int n) => everybody && target.IsOurs ? Target.All(_run, n, readers) : target.One(_run, n, readers);
        await loop.RunAsync(ledger, run, AudienceOf, perSecond, duration, _bench.PayloadBytes, cancel);
        try
        {
            await ledger.Complete.WaitAsync(limit, _bench.Time, cancel);
        }
        catch (TimeoutException) { /* the balance shows what is missing */ }
        return new(ledger.Balance(), before, Read(), loop);
    }

    /// <summary>The patience for what was published while readers may have been away.</summary>
    public TimeSpan WithinReason(TimeSpan patience) =>
        Contender.Server.KeepsNotifications || patience < PatienceWithoutLog ? patience : PatienceWithoutLog;

    public Reading Read() => new(
        _bench.Time.GetTimestamp(), _wire?.Traffic
        ?? default, _bench.Target.Cpu, _bench.Target.Bytes, Environment.CpuUsage.TotalTime, Machines.Cpu());

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _crowd.DisposeAsync();
        }
        finally
        {
            await _wire.DisposeAsync();
        }
    }
}

using Realtime.Compare.Contenders;
using Realtime.Compare.Measuring;

namespace Realtime.Compare.Scenarios;

/// <summary>Many tabs of one browser: over HTTP/1.1 it has six connections to a host, so a tab that holds one can starve another.</summary>
internal sealed class SixConnectionsScenario : IOnceScenario
{
    private const int Tabs = 12;

    // Each tab opens when the previous one is subscribed, or has tried for this long.
    private static readonly TimeSpan EachTab = TimeSpan.FromSeconds(1);

    // Far longer than a reader needs that does not wait for a free connection.
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(10);

    public string Name => "six-connections";

    public string Meaning =>
        $"{Tabs} readers share six HTTP/1.1 connections, like tabs of one browser opened one after another; what share gets subscribed "
        + $"within {Enough.TotalSeconds:0} s";

    public Moment Moment => Moment.Beside;

    public async Task<Measured> RunAsync(Bench bench, IContender contender, TimeSpan patience, CancellationToken cancel)
    {
        using var browser = new SixConnections();
        var share = await Session.ShareSubscribedAsync(bench with { Readers = Tabs }, contender, browser.Tab, EachTab, Enough, cancel);
        return new() { Figures = { [Figure.ServedOverSix] = 100 * share } };
    }
}

using Realtime.Compare.Contenders;
using Realtime.Compare.Measuring;

namespace Realtime.Compare.Scenarios;

/// <summary>Many tabs of one browser: over HTTP/1.1 it has six connections to a host, and whoever holds one lets another starve.</summary>
internal sealed class SixConnectionsScenario : IOnceScenario
{
    private const int Tabs = 12;

    // Far longer than anybody takes who is not waiting for somebody else to go.
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(3);

    public string Name => "six-connections";

    public string Meaning => $"{Tabs} readers share six HTTP/1.1 connections, like tabs of one browser; what share gets subscribed within {Enough.TotalSeconds:0} s";

    public async Task<IReadOnlyList<Measured>> RunAsync(Bench bench, IContender contender, TimeSpan patience, CancellationToken cancel)
    {
        using var browser = new SixConnections();
        var share = await Session.ShareSubscribedAsync(bench with { Readers = Tabs }, contender, browser.Tab, Enough, cancel);
        return [new() { Figures = { [Figure.ServedOverSix] = 100 * share } }];
    }
}

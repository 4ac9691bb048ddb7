namespace Realtime.Tests.Browser;

/// <summary>The hub is three nodes behind nginx.</summary>
internal sealed class TabsOnThreeNodesTests : TabContract
{
    protected override Task<HubSite> StartHubAsync(IReadOnlyDictionary<string, string> settings) => HubSite.OfThreeNodesAsync(settings);
}

using Microsoft.AspNetCore.Http.Connections;

namespace Realtime.Compare.Contenders;

/// <summary>The contenders.</summary>
internal static class AllContenders
{
    /// <summary>The figures of all other contenders are ratios to this one's.</summary>
    public const string Reference = "WebSockets";

    /// <summary>The transports of the hub.</summary>
    public static IReadOnlyList<IContender> All { get; } =
        [new WebSocketsContender(), new ServerSentEventsContender(), new LongPollingContender(), new EventSourceContender(),
            new PollingContender()];

    /// <summary>Those of other servers, which are measured if <c>--beside</c> names their server.</summary>
    public static IReadOnlyList<IContender> Peers { get; } =
        [new StockContender(HttpTransportType.WebSockets), new StockContender(HttpTransportType.ServerSentEvents),
            new StockContender(HttpTransportType.LongPolling), new BareContender()];

    /// <summary>In display order.</summary>
    public static IReadOnlyList<IContender> WithPeers { get; } = [.. All, .. Peers];

    /// <summary>Negative controls: each must be detected, or the measurement proves nothing.</summary>
    public static IReadOnlyList<IContender> Controls { get; } =
        [.. Enum.GetValues<Sabotage>().Select(kind => new SabotagedContender(All[0], kind, TimeProvider.System))];

    /// <summary>Whether a contender gets what was published while it was away. If not, losing it is a result, and no fault.</summary>
    public static bool CatchesUp(string name) =>
        WithPeers.FirstOrDefault(contender => contender.Name == name) is not { Server.KeepsNotifications: false };
}

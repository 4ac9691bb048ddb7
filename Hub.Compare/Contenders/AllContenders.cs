namespace Realtime.Compare.Contenders;

/// <summary>The contenders.</summary>
internal static class AllContenders
{
    /// <summary>The figures of all other contenders are ratios to this one's.</summary>
    public const string Reference = "WebSockets";

    public static IReadOnlyList<IContender> All { get; } =
        [new WebSocketsContender(), new ServerSentEventsContender(), new LongPollingContender(), new EventSourceContender(),
            new PollingContender()];

    /// <summary>Negative controls: each must be detected, or the measurement proves nothing.</summary>
    public static IReadOnlyList<IContender> Controls { get; } =
        [.. Enum.GetValues<Sabotage>().Select(kind => new SabotagedContender(All[0], kind, TimeProvider.System))];
}

namespace Realtime.Compare.Scenarios;

/// <summary>All scenarios.</summary>
internal static class ScenarioCatalog
{
    public static IRoundScenario Steady { get; } = new SteadyScenario();

    /// <summary>Requires starting servers, because it measures their memory.</summary>
    public static IScenario Idle { get; } = new IdleScenario();

    /// <summary>Requires several nodes of our own.</summary>
    public static IScenario NoAffinity { get; } = new NoAffinityScenario();

    private static readonly IScenario Ramp = new RampScenario();
    private static readonly IScenario FanOut = new FanOutScenario();
    private static readonly IScenario Cut = new CutScenario();
    private static readonly IScenario IdleCut = new IdleCutScenario();

    /// <summary>Needs time to be meaningful: not part of a quick run unless asked for.</summary>
    public static IReadOnlyList<IScenario> Slow { get; } = [Ramp, Idle, IdleCut];

    /// <summary>In display order, which is also the order within a round.</summary>
    public static IReadOnlyList<IScenario> All { get; } =
        [new ConnectStormScenario(), Steady, FanOut, Ramp, Cut, NoAffinity, Idle, new BufferingProxyScenario(),
            new SixConnectionsScenario(), IdleCut];

    /// <summary>The scenarios of a run without a selection.</summary>
    /// <param name="nodes">The number of nodes that we start; 0: none, the server is already running.</param>
    public static IEnumerable<IScenario> Usual(bool quick, int nodes) =>
        All.Except(quick ? Slow : []).Except(nodes > 1 ? [] : [NoAffinity]).Except(nodes == 1 ? [] : [Idle])
            // Several nodes take longer for everything: the remaining time of a quick run goes to the scenarios about them.
            .Except(quick && nodes > 1 ? [FanOut, Cut] : []);
}

namespace Realtime.Compare.Scenarios;

/// <summary>All scenarios.</summary>
internal static class ScenarioCatalog
{
    public static IRoundScenario Steady { get; } = new SteadyScenario();

    /// <summary>Starts servers, whose memory it measures.</summary>
    public static IScenario Idle { get; } = new IdleScenario();

    /// <summary>Needs several nodes that we have started.</summary>
    public static IScenario NoAffinity { get; } = new NoAffinityScenario();

    private static readonly IScenario Ramp = new RampScenario();
    private static readonly IScenario FanOut = new FanOutScenario();
    private static readonly IScenario Cut = new CutScenario();
    private static readonly IScenario IdleCut = new IdleCutScenario();

    /// <summary>They need time to mean something: not part of a quick run unless they are asked for.</summary>
    public static IReadOnlyList<IScenario> Slow { get; } = [Ramp, Idle, IdleCut];

    /// <summary>In the order in which they are shown, and those of a round are run.</summary>
    public static IReadOnlyList<IScenario> All { get; } =
        [new ConnectStormScenario(), Steady, FanOut, Ramp, Cut, NoAffinity, Idle, new BufferingProxyScenario(),
            new SixConnectionsScenario(), IdleCut];

    /// <summary>What is run when nobody says what.</summary>
    /// <param name="nodes">That we start; 0: none, the server is there.</param>
    public static IEnumerable<IScenario> Usual(bool quick, int nodes) =>
        All.Except(quick ? Slow : []).Except(nodes > 1 ? [] : [NoAffinity]).Except(nodes == 1 ? [] : [Idle])
            // Several nodes take longer for everything: what is left of a quick run goes to what is about them.
            .Except(quick && nodes > 1 ? [FanOut, Cut] : []);
}

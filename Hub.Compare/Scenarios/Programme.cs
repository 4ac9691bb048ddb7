namespace Realtime.Compare.Scenarios;

/// <summary>All scenarios.</summary>
internal static class Programme
{
    public static IScenario Steady { get; } = new SteadyScenario();

    private static readonly IScenario Ramp = new RampScenario();

    // Leaves the wire as it is: the last one of a session.
    private static readonly IScenario BufferingProxy = new BufferingProxyScenario();

    /// <summary>They need time to mean something: not part of a quick run unless they are asked for.</summary>
    public static IReadOnlyList<IScenario> Slow { get; } = [Ramp, BufferingProxy];

    /// <summary>They take longer than all the others: only when asked for.</summary>
    public static IReadOnlyList<IScenario> OnRequest { get; } = [new MemoryScenario(), new SixConnectionsScenario(), new IdleCutScenario()];

    /// <summary>In the order in which they are run on one session.</summary>
    public static IReadOnlyList<IScenario> All { get; } =
        [new ConnectStormScenario(), new IdleScenario(), Steady, new FanOutScenario(), Ramp, new CutScenario(), .. OnRequest, BufferingProxy];

    /// <summary>What is run when nobody says what.</summary>
    public static IEnumerable<IScenario> Usual(bool quick) => All.Except(OnRequest).Except(quick ? Slow : []);
}

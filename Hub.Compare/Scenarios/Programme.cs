namespace Realtime.Compare.Scenarios;

/// <summary>All scenarios, in the order in which they are run on one session.</summary>
internal static class Programme
{
    public static IScenario Steady { get; } = new SteadyScenario();

    /// <summary>They need time to mean something: not part of a quick run unless they are asked for.</summary>
    public static IReadOnlyList<IScenario> Slow { get; } = [new RampScenario(), new BufferingProxyScenario()];

    public static IReadOnlyList<IScenario> All { get; } =
        [new ConnectStormScenario(), new IdleScenario(), Steady, new FanOutScenario(), Slow[0], new CutScenario(), Slow[1]];
}

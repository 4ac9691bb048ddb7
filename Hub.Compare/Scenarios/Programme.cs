namespace Realtime.Compare.Scenarios;

/// <summary>All scenarios, in the order in which they are run on one session.</summary>
internal static class Programme
{
    public static IScenario Steady { get; } = new SteadyScenario();

    public static IReadOnlyList<IScenario> All { get; } =
        [new ConnectStormScenario(), new IdleScenario(), Steady, new FanOutScenario(), new RampScenario(), new CutScenario()];
}

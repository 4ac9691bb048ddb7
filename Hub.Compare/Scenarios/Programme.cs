namespace Realtime.Compare.Scenarios;

/// <summary>All scenarios, in the order in which they are run on one session.</summary>
internal static class Programme
{
    public static IScenario Steady { get; } = new SteadyScenario();

    /// <summary>Needs steps long enough to mean something: not part of a quick run unless it is asked for.</summary>
    public static IScenario Ramp { get; } = new RampScenario();

    public static IReadOnlyList<IScenario> All { get; } =
        [new ConnectStormScenario(), new IdleScenario(), Steady, new FanOutScenario(), Ramp, new CutScenario()];
}

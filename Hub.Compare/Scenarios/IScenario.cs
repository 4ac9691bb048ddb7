using Realtime.Compare.Contenders;
using Realtime.Compare.Server;

namespace Realtime.Compare.Scenarios;

/// <summary>
/// A measurement. To add one: implement one of the two kinds in one file, and add it to <see cref="ScenarioCatalog"/>.
/// </summary>
internal interface IScenario
{
    string Name { get; }

    string Meaning { get; }
}

/// <summary>A measurement of time: contenders have their turns, round by round, one at a time.</summary>
internal interface IRoundScenario : IScenario
{
    /// <summary>Its share of the time.</summary>
    double Weight { get; }

    /// <summary>Whether a server can take part; the cells of the others stay empty.</summary>
    bool Suits(ServerProgram program) => true;

    /// <param name="duration">How long to publish or to wait; settling takes additional time.</param>
    /// <param name="patience">How long after the last publish a notification may arrive before it counts as lost.</param>
    Task<Measured> RunAsync(Session session, TimeSpan duration, TimeSpan patience, CancellationToken cancel);
}

/// <summary>When to run a scenario whose result hardly depends on time.</summary>
internal enum Moment
{
    /// <summary>While nothing else runs.</summary>
    Alone,

    /// <summary>Beside everything else: the scenario takes long and uses little.</summary>
    Beside,
}

/// <summary>
/// A yes-or-no result or a count: measured once, for all contenders at the same time, because they cannot disturb each other.
/// </summary>
internal interface IOnceScenario : IScenario
{
    Moment Moment { get; }

    Task<Measured> RunAsync(Bench bench, IContender contender, TimeSpan patience, CancellationToken cancel);
}

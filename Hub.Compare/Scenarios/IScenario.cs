using Realtime.Compare.Contenders;

namespace Realtime.Compare.Scenarios;

/// <summary>
/// Something that is measured. To add one: implement one of the two kinds in one file, and add it to <see cref="ScenarioCatalog"/>.
/// </summary>
internal interface IScenario
{
    string Name { get; }

    string Meaning { get; }
}

/// <summary>A matter of time: contenders have their turns, round by round, one at a time.</summary>
internal interface IRoundScenario : IScenario
{
    /// <summary>Its share of the time.</summary>
    double Weight { get; }

    /// <param name="duration">How long to publish or to wait; what settling takes comes on top.</param>
    /// <param name="patience">How long what was published may take to arrive before it is lost.</param>
    Task<Measured> RunAsync(Session session, TimeSpan duration, TimeSpan patience, CancellationToken cancel);
}

/// <summary>When something is measured that time hardly changes.</summary>
internal enum Moment
{
    /// <summary>While nothing else is done.</summary>
    Alone,

    /// <summary>Beside everything else: it takes long and does next to nothing.</summary>
    Beside,
}

/// <summary>
/// A matter of yes or no, or of counting: once, for all contenders at the same time, since they cannot disturb each other.
/// </summary>
internal interface IOnceScenario : IScenario
{
    Moment Moment { get; }

    Task<Measured> RunAsync(Bench bench, IContender contender, TimeSpan patience, CancellationToken cancel);
}

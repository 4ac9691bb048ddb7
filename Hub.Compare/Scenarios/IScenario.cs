using Realtime.Compare.Measuring;

namespace Realtime.Compare.Scenarios;

/// <summary>Something that is measured on a session. To add one: implement this in one file, and add it to <see cref="Programme"/>.</summary>
internal interface IScenario
{
    string Name { get; }

    string Meaning { get; }

    /// <summary>Its share of the time.</summary>
    double Weight { get; }

    /// <summary>What it takes beyond that on average, roughly.</summary>
    TimeSpan Cost => TimeSpan.Zero;

    /// <param name="duration">How long to publish or to wait; what settling takes comes on top.</param>
    /// <param name="patience">How long what was published may take to arrive before it is lost.</param>
    Task<Measured> RunAsync(Session session, TimeSpan duration, TimeSpan patience, CancellationToken cancel);
}

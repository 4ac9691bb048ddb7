using Realtime.Compare;

namespace Realtime.Tests.Compare;

internal sealed class PaceTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Test]
    public void Rounds_share_the_time_that_their_overhead_leaves()
    {
        var pace = new Pace(Minute, rounds: 5, perRound: 10, overhead: TimeSpan.FromSeconds(2));
        Assert.That(pace.Next(0, TimeSpan.Zero), Is.EqualTo(TimeSpan.FromSeconds(1)), "(60 s / 5 - 2 s) / 10");
        pace.Learn(TimeSpan.FromSeconds(17));
        Assert.That(pace.Next(1, TimeSpan.FromSeconds(17))!.Value.TotalSeconds, Is.EqualTo(0.375)
            .Within(1e-6), "(43 s / 4 - 7 s) / 10: it has learned what a round costs beside");
    }

    [Test]
    public void One_round_is_made_in_any_case_and_others_only_if_there_is_time()
    {
        var pace = new Pace(TimeSpan.FromSeconds(1), rounds: 5, perRound: 10, overhead: TimeSpan.FromSeconds(2));
        Assert.That(pace.Next(0, Minute), Is.EqualTo(Pace.ShortestUnit));
        pace.Learn(TimeSpan.FromSeconds(5));
        Assert.That(pace.Next(1, Minute), Is.Null);
    }
}

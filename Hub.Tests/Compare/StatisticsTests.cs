using Realtime.Compare;
using Realtime.Compare.Measuring;
using Realtime.Compare.Statistics;

namespace Realtime.Tests.Compare;

/// <summary>The statistics on data whose answers are known.</summary>
internal sealed class StatisticsTests
{
    [Test]
    public void Rounds_that_agree_leave_no_doubt() =>
        Assert.That(Bootstrap.MedianOf([4, 4, 4, 4, 4], 1), Is.EqualTo(new Interval(4, 4, 4)));

    [Test]
    public void A_median_lies_in_the_middle_and_its_interval_among_the_rounds()
    {
        var interval = Bootstrap.MedianOf([9, 1, 8, 2, 7, 3, 6, 4, 5], 1);
        Assert.Multiple(() =>
        {
            Assert.That(interval.Median, Is.EqualTo(5));
            Assert.That(interval.Low, Is.InRange(1, 4));
            Assert.That(interval.High, Is.InRange(6, 9));
        });
        Assert.That(Bootstrap.MedianOf([1, 2, 3, 10], 1).Median, Is.EqualTo(2.5), "of an even number");
    }

    [Test]
    public void An_outlier_moves_the_interval_but_not_the_median() =>
        Assert.That(Bootstrap.MedianOf([1, 1, 1, 1, 1_000], 1), Is.EqualTo(new Interval(1, 1, 1_000)));

    [Test]
    public void The_true_median_lies_within_about_as_often_as_promised()
    {
        var random = new Random(11);
        var within = Enumerable.Range(0, 200).Count(repetition =>
        {
            // Uniform from 0 to 100: the true median is 50.
            var interval = Bootstrap.MedianOf([.. Enumerable.Range(0, 25).Select(_ => random.NextDouble() * 100)], repetition);
            return interval.Low <= 50 && 50 <= interval.High;
        });
        Assert.That(within, Is.InRange(180, 199), "95 % of 200, give or take what 200 draws spread");
    }

    [Test]
    public void Without_rounds_there_is_no_median() => Assert.That(() => Bootstrap.MedianOf([], 1), Throws.ArgumentException);

    [TestCase(1.0, 2.0, 3.0, 4.0, 5, Verdict.Less)]
    [TestCase(3.0, 4.0, 1.0, 2.0, 5, Verdict.More)]
    [TestCase(1.0, 3.0, 3.0, 4.0, 5, Verdict.NoDifference)]
    [TestCase(1.0, 9.0, 3.0, 4.0, 5, Verdict.NoDifference)]
    [TestCase(1.0, 2.0, 3.0, 4.0, 3, Verdict.TooFewRounds)]
    [TestCase(1.0, 2.0, 3.0, 4.0, 4, Verdict.Less)]
    public void A_difference_is_claimed_only_where_intervals_do_not_overlap(
        double low, double high, double otherLow, double otherHigh, int rounds, string verdict) =>
        Assert.That(
            Verdict.Of(new(low, (low + high) / 2, high), new(otherLow, (otherLow + otherHigh) / 2, otherHigh), rounds),
            Is.EqualTo(verdict));

    [TestCase(-1.0, 1.0, 5, Verdict.NoDifference)]
    [TestCase(0.1, 1.0, 5, Verdict.More)]
    [TestCase(-1.0, -0.1, 5, Verdict.Less)]
    [TestCase(0.1, 1.0, 3, Verdict.TooFewRounds)]
    public void A_difference_is_something_only_where_it_cannot_be_zero(double low, double high, int rounds, string verdict) =>
        Assert.That(Verdict.OfDifference(new(low, (low + high) / 2, high), rounds), Is.EqualTo(verdict));

    [Test]
    public void A_ratio_is_as_uncertain_as_both_of_its_sides()
    {
        Assert.That(Bootstrap.RatioOf([6, 6, 6, 6, 6], [2, 2, 2, 2, 2], 1), Is.EqualTo(new Interval(3, 3, 3)));
        Assert.That(Bootstrap.RatioOf([6, 6, 6, 6, 6], [1, 2, 2, 2, 3], 1), Is.EqualTo(new Interval(2, 3, 6)),
            "the reference spreads, and so does the ratio");
        Assert.That(Bootstrap.RatioOf([6, 6], [0, 2], 1), Is.Null, "times nothing is no ratio");
    }

    [Test]
    public void What_is_counted_needs_no_rounds_and_a_difference_no_reference()
    {
        var results = new Results();
        results.Add("WebSockets", "six-connections", new() { Figures = { [Figure.ServedOverSix] = 100 } });
        results.Add("EventSource", "six-connections", new() { Figures = { [Figure.ServedOverSix] = 50 } });
        for (var round = 0; round < 4; round++)
            results.Add("WebSockets", "no-affinity", new() { Figures = { [Figure.ExtraLatency] = 1 + round } });
        var summary = Summary.Of(results, 1);
        Assert.Multiple(() =>
        {
            Assert.That(summary.Contenders.Single(contender => contender.Name == "EventSource")
                .Of("six-connections")!.Of(Figure.ServedOverSix)!.Verdict, Is.EqualTo(Verdict.Less));
            Assert.That(summary.Reference!.Of("no-affinity")!.Of(Figure.ExtraLatency)!.Verdict, Is.EqualTo(Verdict.More), "than zero");
            Assert.That(summary.Reference!.Of("no-affinity")!.Of(Figure.ExtraLatency)!.Ratio, Is.Null);
        });
    }

    [Test]
    public void Everything_is_a_ratio_to_WebSockets()
    {
        var summary = Summary.Of(Steady(("WebSockets", 2), ("LongPolling", 6), ("EventSource", 2)), 1);
        Assert.Multiple(() =>
        {
            Assert.That(P50("LongPolling").Ratio, Is.EqualTo(new Interval(3, 3, 3)));
            Assert.That(P50("LongPolling").Verdict, Is.EqualTo(Verdict.More));
            Assert.That(P50("EventSource").Verdict, Is.EqualTo(Verdict.NoDifference));
            Assert.That(P50("WebSockets").Ratio, Is.Null);
            Assert.That(P50("WebSockets").Verdict, Is.Null);
        });

        FigureSummary P50(string name) => summary.Contenders.Single(contender => contender.Name == name).Of("steady")!.Of(Figure.P50)!;
    }

    [TestCase(1, false)]
    [TestCase(2, true)]
    public void A_run_whose_load_side_was_the_bottleneck_says_so(int rounds, bool says)
    {
        var results = new Results();
        for (var round = 0; round < 3; round++)
            results.Add("WebSockets", "steady", new() { LoadBound = round < rounds, Figures = { [Figure.P50] = 2 } });
        var advice = Realtime.Compare.Report.Advice.From(Summary.Of(results, 1));
        Assert.That(advice, says ? Has.Some.Contains("the load side was the bottleneck") : Has.None.Contains("bottleneck"));
    }

    [Test]
    public void Controls_stand_apart_and_are_named_by_what_they_do()
    {
        var results = Steady(("WebSockets", 2), ("WebSockets that delays", 252));
        for (var round = 0; round < 3; round++)
        {
            results.Add("WebSockets that drops", "steady", new() { Lost = 3, Figures = { [Figure.P50] = 2 } });
            results.Add("WebSockets that doubles", "steady", new() { Doubled = 3, Figures = { [Figure.P50] = 2 } });
        }
        var summary = Summary.Of(results, 1);
        Assert.Multiple(() =>
        {
            Assert.That(summary.Contenders.Single().Name, Is.EqualTo("WebSockets"));
            Assert.That(
                string.Join(' ', summary.Controls.Select(control => string.Join(',', control.Found))), Is.EqualTo("delays drops doubles"));
            Assert.That(summary.Controls, Has.All.Property(nameof(ControlSummary.IsCaught)).True);
        });
    }

    [Test]
    public void A_control_that_does_no_harm_is_not_called_caught()
    {
        var summary = Summary.Of(Steady(("WebSockets", 2), ("WebSockets that delays", 2), ("WebSockets that drops", 2)), 1);
        Assert.That(summary.Controls, Has.Count.EqualTo(2).And.All.Property(nameof(ControlSummary.IsCaught)).False);
        Assert.That(Realtime.Compare.Report.Advice.From(summary), Has.Exactly(2).StartsWith("Do not trust this run"));
    }

    [Test]
    public void Advice_names_who_is_held_back_starved_or_forwarded_and_claims_nothing_from_too_few_rounds()
    {
        var results = Steady(("WebSockets", 2), ("EventSource", 6));
        results.Add("EventSource", "buffering-proxy", new() { Figures = { [Figure.ThroughBuffering] = 0 } });
        results.Add("EventSource", "six-connections", new() { Figures = { [Figure.ServedOverSix] = 50 } });
        results.Add("WebSockets", "idle-cut", new() { Figures = { [Figure.LostWhileIdle] = 1 } });
        results.Add("EventSource", "no-affinity",
            new() { Figures = { [Figure.Forwarded] = 66, [Figure.ExtraLatency] = 0.5, [Figure.ExtraCpu] = 1 } });
        var advice = Realtime.Compare.Report.Advice.From(Summary.Of(results, 1));
        Assert.Multiple(() =>
        {
            Assert.That(advice, Has.One.EqualTo("EventSource against WebSockets: 3.00 times the latency (p50)."));
            Assert.That(advice, Has.One.StartsWith("No other way was as fast as WebSockets here"));
            Assert.That(advice, Has.One.StartsWith("Not through a proxy that holds event streams back: EventSource."));
            Assert.That(advice,
                Has.One.StartsWith("Not in many tabs of one browser over HTTP/1.1, unless the tabs share a connection: EventSource."));
            Assert.That(advice, Has.One.EqualTo("Cut by a proxy that closes idle connections after 60 s, and back by itself: WebSockets."));
            Assert.That(advice,
                Has.One.StartsWith(
                    "EventSource without affinity: 66 % of its requests were sent on to another node. Latency (p50): too few rounds to tell"));
        });

        var few = new Results();
        foreach (var name in new[] { "WebSockets", "EventSource" }) few.Add(name, "steady", new() { Figures = { [Figure.P50] = 2 } });
        Assert.That(Realtime.Compare.Report.Advice.From(Summary.Of(few, 1)),
            Is.EqualTo(["Too few rounds to compare anything: give it a longer --duration, or a machine that does nothing else."]));
    }

    [Test]
    public void Advice_says_what_a_peer_cannot_do_and_does_not_choose_it()
    {
        var results = Steady(("WebSockets", 2), ("LongPolling", 6), ("StockWebSockets", 1));
        results.Add("StockWebSockets", "cut", new() { Lost = 8, Figures = { [Figure.LostAtCut] = 80 } });
        results.Add("LongPolling", "cut", new() { Lost = 1, Figures = { [Figure.LostAtCut] = 10 } });
        results.Add("StockWebSockets", "no-affinity", new() { Figures = { [Figure.FailedConnects] = 69 } });
        results.Add("LongPolling", "no-affinity", new() { Figures = { [Figure.FailedConnects] = 0 } });
        var advice = Realtime.Compare.Report.Advice.From(Summary.Of(results, 1));
        Assert.Multiple(() =>
        {
            Assert.That(advice,
                Has.One.EqualTo("StockWebSockets keeps nothing for a reader that is away: in cut 8 deliveries were lost."));
            Assert.That(advice, Has.One.StartsWith("Do not use LongPolling before this is understood: in cut 1 deliveries were lost"));
            Assert.That(advice,
                Has.One.EqualTo("StockWebSockets needs a proxy with affinity: without it, 69 % of its connects failed."));
            Assert.That(advice, Has.One.StartsWith("No other way was as fast as WebSockets here"), "of the hub's ways");
        });
    }

    [Test]
    public void A_machine_that_is_busy_with_something_else_is_named()
    {
        var results = new Results();
        for (var round = 0; round < 4; round++)
            results.Add("WebSockets", "steady", new() { Figures = { [Figure.P50] = 2, [Figure.OthersBusy] = 61 } });
        Assert.That(Realtime.Compare.Report.Advice.From(Summary.Of(results, 1)),
            Has.One.StartsWith("Something else used up to 61 % of this machine's processors"));
    }

    private static Results Steady(params (string Name, double P50)[] contenders)
    {
        var results = new Results();
        foreach (var (name, p50) in contenders)
            for (var round = 0; round < Verdict.FewestRounds; round++)
                results.Add(name, "steady", new() { Figures = { [Figure.P50] = p50 } });
        return results;
    }
}

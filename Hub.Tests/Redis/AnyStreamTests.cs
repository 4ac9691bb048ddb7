using FsCheck;
using FsCheck.Fluent;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>
/// Whatever a topic's stream and head contain, every reader reaches the end, in order, and gets everything that the head's chain reaches.
/// </summary>
[CancelAfter(120_000)]
internal sealed class AnyStreamTests
{
    private const int Schedules = 12, CampaignSchedules = 400, MostSteps = 25;

    private static readonly int[] PageSizes = [1, 3, 100];

    private IRedisServer _redis = null!;
    private RedisNode _node = null!;

    public enum Step
    {
        Append,
        AppendThree,
        AddNextByHand,
        AddSameNumberAgain,
        AddForkOfThree,
        AddLowNumber,
        AddHighNumber,
        AddForeignFields,
        AddBrokenBody,
        AddInTheFuture,
        RemoveOne,
        RemoveNewest,
        TrimOldest,
        HeadBack,
        HeadAhead,
        HeadIsJunk,
        HeadIsGone,
        StreamIsGone,
    }

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _redis = await RedisServers.StartAsync("--appendfsync", "no");
        _node = await RedisNode.StartAsync(_redis.ConnectionString);
        await Eventually.Ends("Redis is reached", _node.Connection.Reached);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _node.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Test]
    public void Every_reader_comes_to_the_end_and_misses_nothing_of_the_log() => Check(Schedules);

    [Test, Category("Campaign")]
    public void The_same_for_a_long_time()
    {
        Requires.Campaigns();
        Check(CampaignSchedules);
    }

    [Test]
    public async Task The_check_finds_a_notification_that_a_reader_did_not_get()
    {
        var stream = new AnyStream(_node);
        for (var i = 0; i < 3; i++) await stream.AppendAsync();
        var state = await stream.LookAsync();
        Assert.That(() => AnyStream.Judge(state, null, [.. state.Chain.Skip(1)], resets: 0), Throws.InvalidOperationException);
    }

    private static Arbitrary<(Step Step, int Number)[]> StepLists() =>
        Gen.Choose(0, Enum.GetValues<Step>().Length - 1).Select(step => (Step)step)
            .Zip(Gen.Choose(0, 1_000), (step, number) => (step, number))
            .ArrayOf().Select(steps => steps[..Math.Min(steps.Length, MostSteps)]).ToArbitrary();

    private void Check(int schedules) =>
        FsCheck.Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(schedules), Prop.ForAll(StepLists(), steps => RunAsync(steps).GetAwaiter().GetResult()));

    private async Task RunAsync((Step Step, int Number)[] steps)
    {
        var stream = new AnyStream(_node);
        for (var i = 0; i < 4; i++) await stream.AppendAsync();
        foreach (var (step, number) in steps) await stream.DoAsync(step, number);
        var places = await stream.PlacesAsync();
        foreach (var place in places)
        {
            foreach (var size in PageSizes) await stream.ReadToTheEndAsync(place, size);
        }
        // The log and its readers continue, whatever the stream contained.
        await stream.AppendAsync();
        await stream.AppendAsync();
        foreach (var place in await stream.PlacesAsync()) await stream.ReadToTheEndAsync(place, 2);
    }
}

using FsCheck;
using FsCheck.Fluent;
using Realtime.Server.Log;
using Realtime.Server.Log.Sqlite;
using Realtime.Server.Notifications;
using Realtime.Tests.Support;

namespace Realtime.Tests.Log;

/// <summary>Whatever happens to the embedded store, in any order, it responds as a few plain lists would.</summary>
internal sealed class LogModelTests
{
    private const int Schedules = 25, CampaignSchedules = 2_000;

    private static readonly Topic[] Topics = [Topic.User("alice"), Topic.Group("west"), Topic.All];

    public enum Step
    {
        Append,
        AppendToAll,
        AppendWithKey,
        SecondPasses,
        HourPasses,
        HalfADayPasses,
        ClockStepsBack,
        Restart,
        BackUp,
        Rewind,
        Acknowledge,
        Check,
    }

    [Test]
    public void The_store_answers_as_the_model_does() => Check(Schedules);

    [Test, Category("Campaign")]
    public void The_same_for_a_long_time()
    {
        Requires.Campaigns();
        Check(CampaignSchedules);
    }

    /// <summary>
    /// A random schedule had met this: when the store is opened again, it learns that the second order is no younger than the first.
    /// </summary>
    [Test]
    public Task An_order_may_be_older_than_its_stamp() => RunAsync(
        [
            (Step.Append, 0), .. Enumerable.Repeat((Step.SecondPasses, 0), 9), (Step.Append, 0),
            .. Enumerable.Repeat((Step.ClockStepsBack, 999), 9), (Step.Restart, 0), (Step.Check, 0), (Step.HourPasses, 0),
            (Step.HourPasses, 0), (Step.Check, 0),
        ]);

    [Test]
    public async Task The_model_finds_a_notification_that_was_changed_or_is_not_there()
    {
        foreach (var sabotage in new[] { "UPDATE entries SET body = 'x' WHERE sequence = 2", "DELETE FROM entries WHERE sequence = 3",
            "UPDATE entries SET stamp = stamp + 1 WHERE sequence = 1" })
        {
            var run = await Run.StartAsync();
            await using (run.Store)
            {
                for (var i = 0; i < 3; i++) await run.StepAsync(Step.Append, 0);
                await run.CheckAsync();
                SqliteStore.Execute(run.Store.File, sabotage);
                Assert.That(run.CheckAsync, Throws.InvalidOperationException, sabotage);
            }
        }
    }

    private static void Check(int schedules) =>
        FsCheck.Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(schedules), Prop.ForAll(StepLists(), steps => RunAsync(steps).GetAwaiter().GetResult()));

    private static Arbitrary<(Step Step, int Number)[]> StepLists() =>
        Gen.Choose(0, Enum.GetValues<Step>().Length - 1).Select(step => (Step)step)
            .Zip(Gen.Choose(0, 1_000), (step, number) => (step, number))
            .ArrayOf().ToArbitrary();

    private static async Task RunAsync((Step Step, int Number)[] steps)
    {
        var run = await Run.StartAsync(indexDue: 1 + (steps.Length % 8));
        await using (run.Store)
        {
            foreach (var (step, number) in steps) await run.StepAsync(step, number);
            await run.CheckAsync();
        }
    }

    private sealed class Run
    {
        private static readonly RetentionOptions Retention = new() { Count = 5, Age = TimeSpan.FromHours(2) };
        private static readonly PageLimit Everything = new(int.MaxValue, int.MaxValue);

        private readonly ManualTime _time = new();
        private readonly LogModel _model;
        private int _orders;

        private Run() => _model = new LogModel(Retention, _time);

        public SqliteStore Store { get; private set; } = null!;

        public static async Task<Run> StartAsync(int indexDue = Indexing.DefaultDue)
        {
            var run = new Run();
            run.Store = await SqliteStore.OpenAsync(Retention, run._time, indexDue: indexDue);
            return run;
        }

        public async Task StepAsync(Step step, int number)
        {
            switch (step)
            {
                case Step.Append: await AppendAsync(Drafts.Of($"order {++_orders}", Topics[number % 3])); break;
                case Step.AppendToAll: await AppendAsync(Drafts.Of($"order {++_orders}", Topics)); break;
                case Step.AppendWithKey:
                    await AppendAsync(
                    Drafts.Keyed($"key {number % 3}", $"order {number % 2}", Topics[(number % 3)..])); break;
                case Step.SecondPasses: _time.Advance(TimeSpan.FromSeconds(1)); break;
                case Step.HourPasses: _time.Advance(TimeSpan.FromHours(1)); break;
                case Step.HalfADayPasses: _time.Advance(TimeSpan.FromHours(12)); break;
                // Too short a step for the store to notice that the clock was set.
                case Step.ClockStepsBack:
                    _model.SetBack(number);
                    _time.StepTo(_time.GetUtcNow() - TimeSpan.FromMilliseconds(number));
                    break;
                case Step.Restart: await Store.ReopenAsync(); break;
                case Step.BackUp:
                    await Store.BackUpAsync();
                    _model.BackUp();
                    break;
                case Step.Rewind: await RewindAsync(); break;
                case Step.Acknowledge: await AcknowledgeAsync(number); break;
                case Step.Check: await CheckAsync(); break;
                default: break;
            }
        }

        /// <summary>Reads after every position that was ever issued.</summary>
        public async Task CheckAsync()
        {
            LeaveDoubt();
            foreach (var topic in Topics)
            {
                await Eventually.True($"{topic} has been trimmed to {_model.First(topic)}", async () =>
                {
                    _time.Advance(TimeSpan.FromSeconds(1));   // lets retention run
                    return (await ReadAsync(topic, null)).Start.Sequence >= _model.First(topic) - 1;
                });
                _model.Check(topic, null, await ReadAsync(topic, null));
                foreach (var (_, place) in _model.HandedOut.Where(it => it.Topic == topic).Prepend((topic, Position.Start)).Distinct())
                    _model.Check(topic, place, await ReadAsync(topic, place));
            }
            var kept = await Store.Log.ReadAcknowledgedAsync("alice", default);
            LogModel.Require(kept.OrderBy(it => it.Key.Text)
                .SequenceEqual(_model.Acknowledged.OrderBy(it => it.Key.Text)), "other positions are acknowledged");
        }

        private async Task AppendAsync(Draft draft)
        {
            LeaveDoubt();
            _model.Append(draft, await Store.Log.AppendAsync(draft, default));
        }

        private void LeaveDoubt()
        {
            while (_model.IsInDoubt) _time.Advance(TimeSpan.FromSeconds(1));
        }

        private async Task RewindAsync()
        {
            if (!_model.TryRewind()) return;
            await Store.RewindAsync();
            // The disaster takes a while; otherwise stamps could not show it.
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        private async Task AcknowledgeAsync(int number)
        {
            var known = _model.HandedOut.Where(it => _model.Knows(it.Topic, it.Position)).ToList();
            if (known.Count == 0) return;
            var (topic, position) = known[number % known.Count];
            _model.Acknowledge(topic, position,
                await Store.Log.AcknowledgeAsync("alice", new Dictionary<Topic, Position> { [topic] = position }, default));
        }

        private ValueTask<LogPage> ReadAsync(Topic topic, Position? after) => Store.Log.ReadAsync(topic, after, Everything, default);
    }
}

using System.Collections.Concurrent;
using System.Text;
using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Tests.Support;

namespace Realtime.Tests.Log;

/// <summary>
/// Every promise of <see cref="INotificationLog"/>. Each store has a subclass of a few lines; promises of one store alone are tested there.
/// </summary>
[CancelAfter(60_000)]
internal abstract partial class NotificationLogContract
{
    private const int EverythingIsKept = 1_000_000;

    private static readonly PageLimit Everything = new(int.MaxValue, int.MaxValue);
    private static int _names;

    private readonly ConcurrentQueue<(Topic Topic, Notification Notification)> _announced = new();
    private ILogUnderTest? _open;

    /// <summary>The clock that the store reads, if a test can move it; null: the store has its own.</summary>
    protected ManualTime? Clock { get; private set; }

    /// <summary>True if the subclass gives the store <see cref="Clock"/>.</summary>
    protected virtual bool ClockIsInjected => false;

    /// <summary>Opens a log on an empty store. Retention may be shorter than what the settings allow.</summary>
    /// <param name="announced">To be called with what the log announces, from any thread, in order per topic.</param>
    protected abstract Task<ILogUnderTest> OpenAsync(RetentionOptions retention, Action<Topic, Notification> announced);

    [SetUp]
    public void Begin()
    {
        _announced.Clear();
        Clock = ClockIsInjected ? new ManualTime() : null;
    }

    [TearDown]
    public async Task CloseAsync()
    {
        if (_open is not null) await _open.DisposeAsync();
        _open = null;
    }

    protected INotificationLog Log => _open!.Log;

    protected ILogUnderTest Store => _open!;

    /// <summary>One log for each test, closed after it.</summary>
    protected async Task OpenAsync(int count = EverythingIsKept, TimeSpan? age = null)
    {
        var retention = new RetentionOptions { Count = count, Age = age ?? TimeSpan.FromDays(3) };
        _open = await OpenAsync(retention, (topic, notification) => _announced.Enqueue((topic, notification)));
    }

    /// <summary>A topic that no other test uses.</summary>
    protected static Topic NewTopic(string name = "reader") => Topic.User($"{name}-{Interlocked.Increment(ref _names)}");

    /// <summary>Stores some notifications, one after another, and returns the position of the last one.</summary>
    protected async Task<Position> FillAsync(Topic topic, int count, CancellationToken cancel)
    {
        for (var i = 1; i <= count; i++) await StoreAsync(Drafts.Of($"order {i}", topic), cancel);
        return (await Log.ReadAsync(topic, null, new PageLimit(0, 0), cancel)).Head;
    }

    protected Task<AppendOutcome.Stored> StoreAsync(Draft draft, CancellationToken cancel) => Log.StoreAsync(draft, cancel);

    protected ValueTask<LogPage> ReadAsync(Topic topic, Position? after, CancellationToken cancel) =>
        Log.ReadAsync(topic, after, Everything, cancel);

    /// <summary>All that is retained.</summary>
    protected async Task<IReadOnlyList<Notification>> ItemsAsync(Topic topic, CancellationToken cancel) =>
        (await ReadAsync(topic, null, cancel)).Items;

    /// <summary>Moves the store's clock on a little, so that the next notification has a newer stamp.</summary>
    protected async Task TickAsync(CancellationToken cancel)
    {
        if (Clock is not null) Clock.Advance(TimeSpan.FromMilliseconds(5));
        else await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancel);
    }

    /// <summary>Waits for what a store does in the background.</summary>
    protected Task UntilAsync(string reason, Func<Task<bool>> condition, CancellationToken cancel) => Eventually.True(reason, async () =>
    {
        Clock?.Advance(TimeSpan.FromSeconds(1));
        return await condition();
    }, cancel);

    protected Task UntilFirstIsAsync(Topic topic, long sequence, CancellationToken cancel) => UntilAsync(
        $"retention has removed what is before {sequence}",
        async () => (await ReadAsync(topic, null, cancel)).Start.Sequence == sequence - 1, cancel);

    /// <summary>
    /// Neighbours prove each other: sequences without holes, each entry with the stamp of the one before, none older than the one before.
    /// </summary>
    protected static void AreContiguous(Position start, IReadOnlyList<Notification> items)
    {
        var last = start;
        foreach (var item in items)
        {
            if (item.Previous != last) Assert.Fail($"{item.Position}, whose predecessor is {item.Previous}, came after {last}.");
            if (item.Position.Stamp < last.Stamp) Assert.Fail($"The stamp of {item.Position} is older than the one before it, {last}.");
            last = item.Position;
        }
    }

    protected static long[] Sequences(IEnumerable<Notification> items) => [.. items.Select(item => item.Position.Sequence)];

    protected static string[] Bodies(IEnumerable<Notification> items) => [.. items.Select(item => Encoding.UTF8.GetString(item.Body.Span))];
}

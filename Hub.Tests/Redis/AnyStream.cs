using System.Globalization;
using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;
using Realtime.Server.Redis;
using Realtime.Server.Redis.Data;
using Realtime.Tests.Log;
using StackExchange.Redis;
using Step = Realtime.Tests.Redis.AnyStreamTests.Step;

namespace Realtime.Tests.Redis;

/// <summary>
/// A topic whose keys other programs write to as well, and what its readers must get, computed from the stream in a few plain loops.
/// </summary>
internal sealed class AnyStream(RedisNode node)
{
    private const long LargestNumber = CursorFormat.MaxNumber;
    private const long ClockDoubt = 60_000;

    private readonly Topic _topic = Topic.User(Guid.NewGuid().ToString());
    private readonly List<Position> _seen = [Position.Start];
    private int _orders;

    private RedisKey Stream => $"hub:log:{{{_topic.Text}}}";

    private RedisKey Head => $"hub:head:{{{_topic.Text}}}";

    /// <summary>Entries as they stand; those of them that the head's chain reaches, oldest first; and the head.</summary>
    /// <param name="Length">With those that are no notifications.</param>
    public sealed record State(
        IReadOnlyList<Position> All, IReadOnlyDictionary<Position, Position> Before, IReadOnlyList<Position> Chain, Position? Head,
        int Length);

    public async Task AppendAsync() => await node.Log.AppendAsync(Drafts.Of($"order {++_orders}", _topic), CancellationToken.None);

    public async Task DoAsync(Step step, int number)
    {
        var state = await LookAsync();
        _seen.AddRange(state.All);
        var last = state.All.Count > 0 ? state.All[^1] : Position.Start;
        var one = state.All.Count > 0 ? state.All[number % state.All.Count] : Position.Start;
        switch (step)
        {
            case Step.Append: await AppendAsync(); break;
            case Step.AppendThree: for (var i = 0; i < 3; i++) await AppendAsync(); break;
            case Step.AddNextByHand: await AddAsync(last.Sequence + 1, last.Stamp); break;
            case Step.AddSameNumberAgain:
                await AddAsync(
                one.Sequence, state.All.FirstOrDefault(it => it.Sequence == one.Sequence - 1).Stamp); break;
            case Step.AddForkOfThree:
                var stamp = one.Stamp;
                for (var i = 1; i <= 3; i++) stamp = await AddAsync(one.Sequence + i, stamp);
                break;
            case Step.AddLowNumber: await AddAsync(1 + (number % 3), one.Stamp); break;
            case Step.AddHighNumber: await AddAsync(last.Sequence + number, one.Stamp); break;
            case Step.AddForeignFields: await UseAsync(it => it.StreamAddAsync(Stream, "foo", "bar")); break;
            case Step.AddBrokenBody: await AddAsync(last.Sequence + 1, last.Stamp, "\"id\":\"broken"); break;
            case Step.AddInTheFuture: await AddAsync(last.Sequence + 1, last.Stamp, ahead: 100_000 * number); break;
            case Step.RemoveOne: await UseAsync(it => it.StreamDeleteAsync(Stream, [Text(one)])); break;
            case Step.RemoveNewest: await UseAsync(it => it.StreamDeleteAsync(Stream, [Text(last)])); break;
            case Step.TrimOldest: await UseAsync(it => it.StreamTrimAsync(Stream, 1 + (number % 4))); break;
            case Step.HeadBack: await UseAsync(it => it.StringSetAsync(Head, Text(one))); break;
            case Step.HeadAhead:
                await UseAsync(
                it => it.StringSetAsync(Head, Text(new(last.Sequence + 1 + (number % 3), last.Stamp + number)))); break;
            case Step.HeadIsJunk: await UseAsync(it => it.StringSetAsync(Head, "junk")); break;
            case Step.HeadIsGone: await UseAsync(it => it.KeyDeleteAsync(Head)); break;
            case Step.StreamIsGone: await UseAsync(it => it.KeyDeleteAsync(Stream)); break;
            default: throw new ArgumentOutOfRangeException(nameof(step));
        }
    }

    /// <summary>The positions from which readers may start: some that existed, and some that never did.</summary>
    public async Task<IReadOnlyList<Position?>> PlacesAsync()
    {
        _seen.AddRange((await LookAsync()).All);
        var strange = new Position(3, 1_795_000_000_000);
        return [null, .. _seen.Append(strange).Append(new(LargestNumber, LargestNumber))
            .Where(it => it.Stamp <= LargestNumber && it.Sequence <= LargestNumber).Distinct().Select(it => (Position?)it)];
    }

    public async Task<State> LookAsync()
    {
        var stream = await UseAsync(it => it.StreamRangeAsync(Stream));
        var entries = stream.Select(Read).OfType<Notification>().ToList();
        var head = (string?)await UseAsync(async it => await it.KeyTypeAsync(Head) == RedisType.String
            ? await it.StringGetAsync(Head)
            : RedisValue.Null);
        Position? kept = head?.Split('-') is [var a, var b] && long.TryParse(a, out var stamp) && long.TryParse(b, out var sequence)
            ? new(sequence, stamp)
            : null;
        var chain = new List<Position>();
        for (var next = kept; next is not null;)
        {
            var found = entries.FirstOrDefault(it => it.Position == next);
            if (found is null) break;
            chain.Insert(0, found.Position);
            next = found.Previous;
        }
        return new([.. entries.Select(it => it.Position)], entries.ToDictionary(it => it.Position, it => it.Previous), chain, kept,
            stream.Length);
    }

    /// <summary>Reads from a position until no more is announced.</summary>
    public async Task ReadToTheEndAsync(Position? from, int size)
    {
        var state = await LookAsync();
        var got = new List<Position>();
        var resetAt = new HashSet<(Position, int)>();   // with the tag: another notification may have its number and stamp
        var at = from;
        for (var pages = 0; ; pages++)
        {
            if (pages > (2 * state.All.Count) + 10)
                throw new InvalidOperationException(
                    $"A reader from {from} with pages of {size} goes round: {string.Join(' ', got.TakeLast(20))}");
            var page = await node.Log.ReadAsync(_topic, at, new PageLimit(size, int.MaxValue), CancellationToken.None);
            if (page.Gap is null && at is not null && page.Start != at)
                throw new InvalidOperationException($"A reader at {at} was put to {page.Start} without a word.");
            if (page.Gap is GapReason.Reset && !resetAt.Add((at!.Value, at.Value.Tag)))
                throw new InvalidOperationException($"A reader was told of the same reset twice, at {at}.");
            if (page.Items.Count > size) throw new InvalidOperationException("A page is larger than was asked for.");
            var last = page.Start;
            foreach (var item in page.Items)
            {
                if (!item.Follows(last)) throw new InvalidOperationException($"{item.Position} came after {last}.");
                last = item.Position;
                got.Add(last);
            }
            if (!page.More) break;
            if (at is { } here && page.End.Is(here))
                throw new InvalidOperationException($"A reader from {from} with pages of {size} stays at {at}.");
            at = page.End;
        }
        try
        {
            Judge(state, from, got, resetAt.Count);
        }
        catch (InvalidOperationException failed)
        {
            throw new InvalidOperationException(
                $"From {from}, pages of {size}, head {state.Head}, stream {string.Join(' ', state.All)}, chain "
                + $"{string.Join(' ', state.Chain)}, got {string.Join(' ', got)}: {failed.Message}");
        }
    }

    /// <summary>Checks what a reader got against the content of the stream.</summary>
    public static void Judge(State state, Position? from, IReadOnlyList<Position> got, int resets)
    {
        if (state.Head is null) return;   // then the newest entry that can be ours counts as the head, which is no matter of the chain
        var place = from is { } own ? state.Chain.ToList().FindIndex(it => it.Is(own)) : -1;
        // A reader whose position is lost resumes by its stamp, less the doubt about the clock.
        var known = from is { } lost && place < 0 ? lost.Stamp - ClockDoubt : 0;
        // A reader in a fork already has what is before the fork.
        var left = place;
        for (var at = from; left < 0 && at is { } here && state.Before.TryGetValue(here, out var back); at = back)
            left = state.Chain.ToList().IndexOf(back);
        var missing = state.Chain.Skip(left + 1).Where(it => it.Stamp > known).Except(got).ToList();
        if (missing.Count > 0 && from != state.Head)
            throw new InvalidOperationException($"A reader from {from} did not get {string.Join(' ', missing)}.");
        if (place >= 0 && (resets > 0 || got.Count != state.Chain.Count - place - 1))
            throw new InvalidOperationException($"A reader from {from}, in the chain, got {string.Join(' ', got)} and {resets} resets.");
        // One reset for a position that is not in the log; otherwise one for each seam.
        var seams = 1 + state.Length - state.Chain.Count;
        if (resets > seams + 1) throw new InvalidOperationException($"{resets} resets at {seams} seams.");
    }

    private async Task<long> AddAsync(
        long sequence, long previous, string body = "\"id\":\"by hand\",\"orderId\":\"by hand\"}", long ahead = 0)
    {
        var last = (await UseAsync(it => it.StreamRangeAsync(Stream, count: 1, messageOrder: Order.Descending))).Select(
            it => ((string)it.Id!).Split('-')[0]).FirstOrDefault("0");
        var stamp = Math.Max(long.Parse(last, CultureInfo.InvariantCulture), TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()) + 1
            + ahead;
        try
        {
            await UseAsync(
                it => it.StreamAddAsync(Stream, [new("p", sequence == 1 ? 0 : previous), new("b", body)],
                    Text(new(Math.Max(1, sequence), stamp))));
        }
        catch (RedisUnavailableException) { /* the stream has had a larger id: this one cannot be added any more */ }
        return stamp;
    }

    private static Notification? Read(StreamEntry entry)
    {
        if (entry.Values is not [{ Name: var p, Value: var previous }, { Name: var b, Value: var body }, ..] || p != "p" || b != "b")
            return null;
        var parts = ((string)entry.Id!).Split('-');
        if (!long.TryParse(parts[0], out var stamp) || !long.TryParse(parts[1], out var sequence) || stamp > LargestNumber
            || sequence > LargestNumber) return null;
        return EntryCheck.Make(new(sequence, stamp), (long)previous, (byte[])body!);
    }

    private static string Text(Position position) => $"{position.Stamp}-{position.Sequence}";

    private Task<T> UseAsync<T>(Func<IDatabase, Task<T>> use) => node.Connection.AskAsync(Stream, use);
}

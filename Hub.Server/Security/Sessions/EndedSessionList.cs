using System.Globalization;
using Realtime.Server.Redis;
using StackExchange.Redis;

namespace Realtime.Server.Security.Sessions;

/// <summary>
/// The list in Redis of the sessions that nodes have ended, in the order in which they did. A node reads what was added since its last
/// read, and no request asks Redis about a session that began when every end was already listed.
/// </summary>
internal sealed class EndedSessionList(RedisConnection redis)
{
    /// <summary>Entries at most. Beyond this, the oldest go; sessions that are as old are asked for one by one.</summary>
    public const int MaxCount = 100_000;

    /// <summary>Entries read together.</summary>
    private const int Page = 1_000;

    /// <summary>By how much the clock of the node where a session began may be ahead of Redis's.</summary>
    private static readonly TimeSpan MaxClockAhead = TimeSpan.FromMinutes(5);

    private RedisValue _last = "0-0";
    private long _completeSince = long.MaxValue;   // Unix milliseconds

    /// <summary>Whether this node knows the end of a session without asking.</summary>
    public bool Covers(string session) =>
        redis.EndedSessionsAreListed is true && SessionId.BeganAt(session) >= Volatile.Read(ref _completeSince);

    /// <summary>Says that no session began before now: there was no key to make one with.</summary>
    public static Task BeginAsync(RedisConnection redis) =>
        redis.AskAsync(redis.Keys.EndedSessionsSince, database => database.StringSetAsync(redis.Keys.EndedSessionsSince, 0));

    /// <exception cref="RedisUnavailableException">It may be in the list or not.</exception>
    public Task AddAsync(string session, DateTimeOffset expiresAt) => redis.AskAsync(
        redis.Keys.EndedSessions,
        database => database.StreamAddAsync(redis.Keys.EndedSessions, session, expiresAt.ToUnixTimeSeconds(), maxLength: MaxCount));

    /// <summary>Reads what was added since the last call.</summary>
    /// <param name="end">Is called for each session that was ended, with the expiry of its cookie.</param>
    /// <exception cref="RedisUnavailableException">What is known stays known.</exception>
    public async Task ReadAsync(Action<string, DateTimeOffset> end)
    {
        var isListed = redis.EndedSessionsAreListed;
        Answer answer;
        do
        {
            answer = await AskAsync();
            foreach (var entry in answer.News)
            {
                _last = entry.Id;
                foreach (var pair in entry.Values)
                    if (TryRead(pair, out var session, out var expiresAt)) end(session, expiresAt);
            }
        }
        while (answer.News.Length == Page);
        // A replica that was promoted may lack the end of the list: what it adds then may have an earlier id.
        if (answer.Newest is not [{ } newest] || IsBefore(newest.Id, _last)) _last = "0-0";
        Volatile.Write(ref _completeSince, answer.CompleteSince);
        if (isListed == !answer.HasBegun) await MarkAsync(isListed.Value);
    }

    private Task<Answer> AskAsync() => redis.AskAsync(redis.Keys.EndedSessions, async database =>
    {
        var since = database.StringGetAsync(redis.Keys.EndedSessionsSince);
        var news = database.StreamRangeAsync(redis.Keys.EndedSessions, $"({_last}", "+", Page);
        // Later than the news: what is dropped in between counts as unknown.
        var length = database.StreamLengthAsync(redis.Keys.EndedSessions);
        var first = database.StreamRangeAsync(redis.Keys.EndedSessions, "-", "+", 1);
        var newest = database.StreamRangeAsync(redis.Keys.EndedSessions, "-", "+", 1, Order.Descending);
        return new Answer(await since, await news, await length, await first, await newest);
    });

    /// <summary>From now on the list is complete; or it is not, while a node of an earlier version runs.</summary>
    private Task<bool> MarkAsync(bool isListed) => redis.AskAsync(redis.Keys.EndedSessionsSince, async database => isListed
        ? await database.StringSetAsync(redis.Keys.EndedSessionsSince, await NowAsync(database), when: When.NotExists)
        : await database.KeyDeleteAsync(redis.Keys.EndedSessionsSince));

    private static async Task<long> NowAsync(IDatabase database)
    {
        var parts = (string[])(await database.ExecuteAsync("TIME", [], CommandFlags.None))!;
        return long.Parse(parts[0], CultureInfo.InvariantCulture) * 1_000 + long.Parse(parts[1], CultureInfo.InvariantCulture) / 1_000;
    }

    private static bool IsBefore(RedisValue one, RedisValue other) => Parse(one).CompareTo(Parse(other)) < 0;

    private static (long Milliseconds, long Number) Parse(RedisValue id)
    {
        var parts = ((string)id!).Split('-');
        return (long.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    // Other programs may write to the same Redis: foreign entries are passed over.
    private static bool TryRead(NameValueEntry pair, out string session, out DateTimeOffset expiresAt)
    {
        (session, expiresAt) = ((string)pair.Name!, default);
        if (!Guid.TryParseExact(session, "N", out _) || !pair.Value.TryParse(out long seconds)
            || seconds < 0 || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds()) return false;
        expiresAt = DateTimeOffset.FromUnixTimeSeconds(seconds);
        return true;
    }

    private sealed record Answer(RedisValue Since, StreamEntry[] News, long Length, StreamEntry[] First, StreamEntry[] Newest)
    {
        public bool HasBegun => Since.HasValue;

        public long CompleteSince
        {
            get
            {
                if (!Since.TryParse(out long since)) return long.MaxValue;
                if (Length < MaxCount || First is not [{ } first]) return since;
                return Math.Max(since, Parse(first.Id).Milliseconds + (long)MaxClockAhead.TotalMilliseconds);
            }
        }
    }
}

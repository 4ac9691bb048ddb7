using System.Runtime.InteropServices;
using System.Threading.RateLimiting;
using Realtime.Server.Log;

namespace Realtime.Server.Feed.Tails;

/// <summary>
/// Reads of the log for streams: a few at a time for each user, and a number of bytes per second, however many streams the user has. So a
/// user who replays a large log again and again takes no more of the store than that.
/// </summary>
internal sealed class UserReads : IDisposable
{
    private static readonly TimeSpan RefillInterval = TimeSpan.FromMilliseconds(100);

    private static readonly TokenBucketRateLimiterOptions Pace = new()
    {
        TokenLimit = FeedLimits.ReplayBurst,
        TokensPerPeriod = (int)(FeedLimits.ReplayBytesPerSecond * RefillInterval.TotalSeconds),
        ReplenishmentPeriod = RefillInterval,
        QueueLimit = int.MaxValue,
    };

    private readonly PartitionedRateLimiter<string> _paces =
        PartitionedRateLimiter.Create<string,
        string>(user => RateLimitPartition.GetTokenBucketLimiter(user, _ => Pace), StringComparer.Ordinal);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Place> _places = [];   // guarded by _gate; for users who read or wait

    /// <summary>Reads in the user's turn.</summary>
    /// <exception cref="LogUnavailableException">The log cannot be read, or other streams of the user took too long.</exception>
    public async ValueTask<LogPage> ReadAsync(string user, Func<ValueTask<LogPage>> read)
    {
        var place = Enter(user);
        try
        {
            if (!await place.Turn.WaitAsync(FeedLimits.ReplayWait))
                throw new LogUnavailableException("Too many streams of one user wait for the store.");
            try
            {
                return await read();
            }
            finally
            {
                place.Turn.Release();
            }
        }
        finally
        {
            Leave(user, place);
        }
    }

    /// <summary>Completes when the user who got this page may get another one; all streams of the user count.</summary>
    public async Task PaceAsync(string user, LogPage page)
    {
        var bytes = page.Items.Sum(item => item.Body.Length);
        if (bytes < FeedLimits.PacedFrom) return;
        try
        {
            using var lease = await _paces.AcquireAsync(user, Math.Min(bytes, FeedLimits.ReplayBurst));
        }
        catch (ObjectDisposedException) { /* the node stops */ }
    }

    public void Dispose() => _paces.Dispose();

    private Place Enter(string user)
    {
        lock (_gate)
        {
            ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, user, out _);
            place ??= new();
            place.Users++;
            return place;
        }
    }

    private void Leave(string user, Place place)
    {
        lock (_gate)
        {
            if (--place.Users == 0) _places.Remove(user);
        }
    }

    private sealed class Place
    {
        // Its wait handle is never used, so there is nothing to dispose.
        public SemaphoreSlim Turn { get; } = new(FeedLimits.ReplaysPerUser);

        public int Users { get; set; }
    }
}

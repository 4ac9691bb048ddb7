using System.Runtime.InteropServices;
using System.Threading.RateLimiting;
using Realtime.Server.Feed;

namespace Realtime.Server.Delivery;

/// <summary>
/// Limits one user's pages of history on a node: as many at a time as the user may have streams, and a number of bytes per second.
/// </summary>
internal sealed class PagesUnderWay(FeedOptions options) : IDisposable
{
    /// <summary>
    /// Bytes of pages per second for one user, over all connections: half a gigabyte of history takes half a minute.
    /// </summary>
    public const int BytesPerSecond = 16 * 1024 * 1024;

    /// <summary>Bytes that a user gets without delay: a few pages of the largest size.</summary>
    public const int Burst = 4 * 1024 * 1024;

    private static readonly TimeSpan RefillInterval = TimeSpan.FromMilliseconds(100);

    private static readonly TokenBucketRateLimiterOptions Pace = new()
    {
        TokenLimit = Burst,
        TokensPerPeriod = (int)(BytesPerSecond * RefillInterval.TotalSeconds),
        ReplenishmentPeriod = RefillInterval,
        QueueLimit = int.MaxValue,
    };

    private readonly PartitionedRateLimiter<string> _paces =
        PartitionedRateLimiter.Create<string,
        string>(user => RateLimitPartition.GetTokenBucketLimiter(user, _ => Pace), StringComparer.Ordinal);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _perUser = [];   // guarded by _gate

    /// <returns>False if the user has too many pages under way. Otherwise the caller must end the page.</returns>
    public bool TryBegin(string user)
    {
        lock (_gate)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_perUser, user, out _);
            if (count >= options.ConnectionsPerUser) return false;
            count++;
            return true;
        }
    }

    public void End(string user)
    {
        lock (_gate)
        {
            if (--CollectionsMarshal.GetValueRefOrNullRef(_perUser, user) == 0) _perUser.Remove(user);
        }
    }

    /// <summary>Waits until the user may have this many more bytes.</summary>
    public async ValueTask PaceAsync(string user, int bytes, CancellationToken cancel)
    {
        using var lease = await _paces.AcquireAsync(user, Math.Min(bytes, Burst), cancel);
    }

    public void Dispose() => _paces.Dispose();
}

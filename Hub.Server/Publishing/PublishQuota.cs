using System.ComponentModel.DataAnnotations;
using System.Threading.RateLimiting;

namespace Realtime.Server.Publishing;

/// <summary>Section <c>Hub:Limits</c>, as far as publishing is concerned.</summary>
internal sealed class PublishOptions
{
    public const string Section = "Hub:Limits";

    /// <summary>
    /// Notifications that one publisher may send per second, lines of batches included. Default: no limit; else 1 to 10,000,000.
    /// </summary>
    [Range(1, 10_000_000)]
    public int? PublishesPerSecond { get; set; }

    /// <summary>
    /// Bytes of the publishes that are under way on this node, each counted once for every target; beyond this a publish is refused.
    /// Default 64 MiB; 1 to 2,147,483,647.
    /// </summary>
    [Range(1, int.MaxValue)]
    public int PublishBytes { get; set; } = 64 * 1024 * 1024;
}

/// <summary>
/// The remaining quota of each publisher: a token bucket each, which holds one second's worth and is refilled continuously.
/// </summary>
internal sealed class PublishQuota : IDisposable
{
    private const int FillsPerSecond = 10;

    private readonly PartitionedRateLimiter<string>? _limiter;

    public PublishQuota(PublishOptions options)
    {
        if (options.PublishesPerSecond is not { } perSecond) return;
        var fill = Math.Max(1, perSecond / FillsPerSecond);
        var bucket = new TokenBucketRateLimiterOptions
        {
            TokenLimit = perSecond,
            TokensPerPeriod = fill,
            ReplenishmentPeriod = TimeSpan.FromSeconds((double)fill / perSecond),
            AutoReplenishment = true,
            QueueLimit = 0,
        };
        _limiter = PartitionedRateLimiter.Create<string, string>(
            publisher => RateLimitPartition.GetTokenBucketLimiter(publisher, _ => bucket), StringComparer.Ordinal);
    }

    /// <summary>Whether this publisher may publish one notification now.</summary>
    public bool TryTake(string publisher)
    {
        if (_limiter is null) return true;
        using var lease = _limiter.AttemptAcquire(publisher);
        return lease.IsAcquired;
    }

    public void Dispose() => _limiter?.Dispose();
}

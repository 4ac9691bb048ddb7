using System.ComponentModel.DataAnnotations;

namespace Realtime.Server.Feed;

/// <summary><c>Hub:Limits</c>, as far as it concerns readers.</summary>
internal sealed class FeedOptions
{
    /// <summary>
    /// Open connections of one user on this node, of any transport. Beyond it a negotiation is answered 429, and a stream gets
    /// <c>closing</c> (<c>limit</c>). Default 200; 1 to 100,000.
    /// </summary>
    [Range(1, 100_000)]
    public int ConnectionsPerUser { get; set; } = 200;
}

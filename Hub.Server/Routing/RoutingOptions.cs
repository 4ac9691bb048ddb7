using System.ComponentModel.DataAnnotations;

namespace Realtime.Server.Routing;

/// <summary><c>Hub:Limits</c>: the limits for connections that are negotiated and not yet opened.</summary>
internal sealed class RoutingOptions
{
    /// <summary>
    /// Connections of this node that are negotiated and not yet opened. Beyond this, a negotiation gets a 429. Default 20,000.
    /// </summary>
    [Range(1, 10_000_000)]
    public int PendingNegotiations { get; set; } = 20_000;

    /// <summary>The same for one user. Default 200.</summary>
    [Range(1, 10_000_000)]
    public int PendingNegotiationsPerUser { get; set; } = 200;
}

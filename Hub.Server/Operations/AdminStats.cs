using Realtime.Server.Routing;
using Realtime.Server.Security;

namespace Realtime.Server.Operations;

/// <summary><c>GET /api/admin/stats</c>, for role <c>admin</c>: what this node has done so far. Whoever asks twice knows the rates.</summary>
internal sealed class AdminStats(HubCounters counters, NodeState node, ThisNode self, TimeProvider time)
{
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    // The end of it is what readers see.
    private readonly string _id = $"{Environment.MachineName}-{self.ShortId}";

    public Task HandleAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(Describe(), context.RequestAborted);
    }

    private object Describe() => new
    {
        // A list, because a cluster has several; a node knows itself. Through a balancer each is met sooner or later.
        Nodes = new[]
        {
            new
            {
                Id = _id,
                StartedAt = _startedAt,
                At = time.GetUtcNow(),
                node.IsReady,
                MemoryBytes = Environment.WorkingSet,
                CpuSeconds = Environment.CpuUsage.TotalTime.TotalSeconds,
                Connections = new
                {
                    WebSockets = counters.Connections(Carrier.WebSockets),
                    ServerSentEvents = counters.Connections(Carrier.ServerSentEvents),
                    LongPolling = counters.Connections(Carrier.LongPolling),
                    EventSource = counters.Connections(Carrier.EventSource),
                },
                counters.Published,
                counters.NotStored,
                counters.Delivered,
                counters.Replayed,
                counters.Forwarded,
                Latency = new { UpToMs = HubCounters.LatencyClasses, Counts = counters.Latency },
            },
        },
    };
}

internal static class AdminRegistration
{
    public static void MapAdministration(this WebApplication app)
    {
        var stats = ActivatorUtilities.CreateInstance<AdminStats>(app.Services);
        app.MapGet("/api/admin/stats", stats.HandleAsync).RequireAuthorization(Policies.Administration);
    }
}

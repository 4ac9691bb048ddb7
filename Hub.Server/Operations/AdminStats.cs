using Realtime.Server.Http;
using Realtime.Server.Security;

namespace Realtime.Server.Operations;

/// <summary><c>GET /api/admin/stats</c>, for role <c>admin</c>: the counters of this node since its start.</summary>
internal sealed class AdminStats(NodeReport report)
{
    public Task HandleAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        // A list, because a cluster has several nodes; a node reports only itself. Through a load balancer, repeated requests reach every
        // node.
        return context.Response.WriteAsJsonAsync(new { Nodes = new[] { report.Describe() } }, context.RequestAborted);
    }
}

internal static class AdminRegistration
{
    public static void MapAdministration(this WebApplication app)
    {
        var stats = ActivatorUtilities.CreateInstance<AdminStats>(app.Services);
        var disconnect = ActivatorUtilities.CreateInstance<DisconnectEndpoint>(app.Services);
        var admin = app.MapGroup("").RequireAuthorization(Policies.Administration);
        admin.MapGet(Paths.Statistics, stats.HandleAsync);
        admin.MapPost(Paths.Disconnect, disconnect.DisconnectAsync);
        admin.MapDelete(Paths.Disconnect, disconnect.AdmitAsync);
    }
}

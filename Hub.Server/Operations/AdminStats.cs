using System.Text.Json;
using Realtime.Server.Http;
using Realtime.Server.Routing.Questions;
using Realtime.Server.Security;

namespace Realtime.Server.Operations;

/// <summary>
/// <c>GET /api/admin/stats</c>, for role <c>admin</c>: the counters of this node since its start; with <c>?nodes=all</c> of all nodes.
/// </summary>
internal sealed class AdminStats(NodeReport report, INodeQuestions others)
{
    private const string Nodes = "nodes", All = "all";

    public async Task HandleAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        var asked = context.Request.Query[Nodes];
        if (asked.Count > 0 && asked != All)
        {
            await Problems.WriteAsync(
                context, Problem.Invalid(FieldErrors.Of(Nodes, $"Expected {All}, or leave it out for the node that answers.")));
            return;
        }
        // A list, because a cluster has several nodes.
        var own = report.Describe();
        if (asked.Count == 0)
        {
            await context.Response.WriteAsJsonAsync(new { Nodes = new[] { own } }, context.RequestAborted);
            return;
        }
        var answers = await others.AskOthersAsync(NodeStatsAnswer.Name, new { }, context.RequestAborted);
        await context.Response.WriteAsJsonAsync(
            new { Nodes = (object[])[own, .. answers.Answers], answers.Silent }, context.RequestAborted);
    }
}

/// <summary>The counters of this node, for another one.</summary>
internal sealed class NodeStatsAnswer(NodeReport report) : INodeAnswer
{
    public const string Name = "stats";

    public string Question => Name;

    public ValueTask<object> AnswerAsync(JsonElement arguments, CancellationToken cancel) => new(report.Describe());
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

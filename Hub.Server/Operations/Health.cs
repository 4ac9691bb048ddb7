namespace Realtime.Server.Operations;

/// <summary>For orchestrators and balancers; neither needs a token.</summary>
internal static class Health
{
    public static void MapHealth(this WebApplication app)
    {
        var node = app.Services.GetRequiredService<NodeState>();
        app.MapGet("/health/live", () => TypedResults.Text("live"));
        app.MapGet("/health/ready", () => node.IsReady
            ? Results.Text("ready")
            : Results.Text("not ready", statusCode: StatusCodes.Status503ServiceUnavailable));
    }
}

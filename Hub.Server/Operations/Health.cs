using Realtime.Server.Http;
using Realtime.Server.Node;

namespace Realtime.Server.Operations;

/// <summary>Health checks for orchestrators and load balancers. Neither needs a token.</summary>
internal static class Health
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static void MapHealth(this WebApplication app)
    {
        var node = app.Services.GetRequiredService<NodeState>();
        app.MapMethods(Paths.Live, Methods, () => TypedResults.Text("live"));
        app.MapMethods(Paths.Ready, Methods, () => node.IsReady
            ? Results.Text("ready")
            : Results.Text("not ready", statusCode: StatusCodes.Status503ServiceUnavailable));
    }
}

using Realtime.Server.Http;
using Realtime.Server.Node;
using Realtime.Server.Routing;

namespace Realtime.Server.Operations.Operators;

/// <summary>
/// Refuses new connections to the operators' hub while the node cannot serve them: Redis is unreachable, or the node is stopping.
/// </summary>
internal sealed class OperatorsGate(StatisticsSender sender, NodeState node)
{
    private static readonly Problem NotReached = new(
        StatusCodes.Status503ServiceUnavailable,
        "Redis, which connects the operators of all nodes, cannot be reached now. Try again in a moment.", RetryAfterSeconds: 1);

    private static readonly Problem Stopping = new(
        StatusCodes.Status503ServiceUnavailable, "This node is stopping. Retry to reach another one.", RetryAfterSeconds: 1);

    /// <summary>Refuses only requests that open a connection. Open connections are closed elsewhere.</summary>
    public RequestDelegate Guard(RequestDelegate next) => context =>
    {
        var opens = HubRequest.IsNegotiation(context) || HubRequest.IsUpgrade(context.Request);
        var problem = !opens ? null : node.IsDraining ? Stopping : sender.Reaches ? null : NotReached;
        return problem is null ? next(context) : Problems.WriteAsync(context, problem);
    };
}

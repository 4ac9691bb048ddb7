using Microsoft.AspNetCore.Http.Features;
using Realtime.Server.Node;

namespace Realtime.Server.Routing.Nodes;

/// <summary>Proves this node's identity to other nodes (<see cref="NodeProof"/>).</summary>
internal sealed class ProofEndpoint(ThisNode node, NodeDirectory directory)
{
    public static bool IsFor(HttpRequest request) => HttpMethods.IsGet(request.Method) && request.Path.Value == NodeProof.Path;

    /// <param name="mark">The mark from the request.</param>
    public void Answer(HttpContext context, string mark)
    {
        if (context.Features.Get<IHttpMetricsTagsFeature>() is { } metrics) metrics.MetricsDisabled = true;
        var (meant, nonce) = (context.Request.Headers[NodeProof.Node].ToString(), context.Request.Headers[NodeProof.Nonce].ToString());
        if (directory.Key is not { } key || !NodeProof.IsCallers(mark, key, meant, nonce))
        {
            // As if there were no endpoint.
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        context.Response.Headers[NodeProof.Node] = node.Id;
        context.Response.Headers[NodeProof.Proof] = NodeProof.OfNode(key, node.Id, meant, nonce);
    }
}

using Realtime.Server.Dashboard.Demo;
using Realtime.Server.Node;
using Realtime.Server.Security.Tokens;

namespace Realtime.Server.Dashboard;

/// <summary><c>GET /dashboard.json</c>: what the page must know before sign-in. Nothing in it is a secret.</summary>
internal sealed class DashboardSettings(IHostEnvironment environment, TokenSigner signer, DemoSwitch demo, OtherNodes others)
{
    private readonly object _answer = Describe(environment.IsDevelopment() && signer.CanSign, demo.IsOn, others.MayExist);

    public Task HandleAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(_answer, context.RequestAborted);
    }

    /// <param name="anybody">A visitor may choose any identity, by <c>POST /dev/token</c>; otherwise the visitor needs a token.</param>
    /// <param name="cluster">There may be other nodes, which the operators' hub reports.</param>
    private static object Describe(bool anybody, bool demo, bool cluster)
    {
        var orders = anybody ? DemoOrder.ReadAll() : [];
        return new
        {
            SignIn = anybody ? "anybody" : "token",
            Demo = demo,
            Cluster = cluster,
            Customers = orders.GroupBy(order => order.Customer, order => order.Segment)
                .Select(customer => new { Id = customer.Key, Segment = customer.First(), Orders = customer.Count() })
                .OrderBy(customer => customer.Id, StringComparer.Ordinal),
            Regions = orders.Select(order => order.Region).Distinct().Order(StringComparer.Ordinal),
        };
    }
}

using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Realtime.Server.Node;
using Realtime.Server.Operations;

namespace Realtime.Tests.Support;

/// <summary>The endpoints that the server's own <c>Program.cs</c> maps, without a server that listens.</summary>
internal static class MappedEndpoints
{
    private static readonly Lazy<IReadOnlyList<(string Methods, string Path)>> Found = new(Find);

    /// <summary>Methods, sorted and with spaces between them, or <c>any</c>; and the path.</summary>
    public static IReadOnlyList<(string Methods, string Path)> All => Found.Value;

    private static List<(string Methods, string Path)> Find()
    {
        // No page is built there, so that "/" is the only address of the dashboard's files.
        var folder = Directory.CreateTempSubdirectory("hub-endpoints-");
        try
        {
            var builder = WebApplication.CreateBuilder(new WebApplicationOptions
            {
                EnvironmentName = "Development",
                ContentRootPath = folder.FullName,
            });
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Hub:Auth:SigningKey"] = Tokens.SigningKey,
                ["Hub:DataPath"] = Path.Combine(folder.FullName, "data"),
                ["Hub:Demo:Enabled"] = "false",
            });
            builder.UseHubDefaults();
            Step("Compose").Invoke(null, [builder]);
            var app = builder.Build();
            try
            {
                Step("Map").Invoke(null, [app]);
                return [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
                    .Select(Describe)];
            }
            finally
            {
                ((IAsyncDisposable)app).DisposeAsync().AsTask().GetAwaiter().GetResult();
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>A local function of Program.cs.</summary>
    private static MethodInfo Step(string name) => typeof(NodeState).Assembly.GetType("Program", throwOnError: true)!
        .GetMethods(BindingFlags.Static | BindingFlags.NonPublic)
            .Single(method => method.Name.Contains($"g__{name}|", StringComparison.Ordinal));

    private static (string Methods, string Path) Describe(RouteEndpoint endpoint)
    {
        var methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods;
        return (methods is null ? "any" : string.Join(' ', methods.Order(StringComparer.Ordinal)),
            "/" + endpoint.RoutePattern.RawText!.Trim('/'));
    }
}

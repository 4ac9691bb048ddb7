using Realtime.Server.Dashboard.Demo;
using Realtime.Server.Http;
using Realtime.Server.Node;

namespace Realtime.Server.Dashboard;

/// <summary>The page at <c>/</c>, and the sample orders that it shows.</summary>
internal static class DashboardRegistration
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    public static IServiceCollection AddDashboard(this IServiceCollection services)
    {
        services.AddSettings<DemoOptions>(DemoOptions.Section);
        services.AddSingleton<DemoSwitch>().AddSingleton<DemoPublisher>();
        return services.AddHostedService<DemoReplay>();
    }

    /// <summary>The page, if the build has made it (npm, from <c>Dashboard/app</c>); otherwise a page that says what is missing.</summary>
    public static void MapDashboard(this WebApplication app)
    {
        var assets = Asset.ReadAll(Path.Combine(app.Environment.ContentRootPath, "wwwroot"));
        foreach (var asset in assets) app.MapMethods(asset.Path, Reading, new AssetEndpoint(asset).HandleAsync);
        if (!assets.Any(asset => asset.Path == "/")) app.MapMethods("/", Reading, new NotBuiltPage().HandleAsync);
        app.MapGet(Paths.Dashboard, ActivatorUtilities.CreateInstance<DashboardSettings>(app.Services).HandleAsync);
    }
}

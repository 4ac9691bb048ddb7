using Realtime.Server.Dashboard.Demo;
using Realtime.Server.Node;

namespace Realtime.Server.Dashboard;

/// <summary>What a visitor sees: the page at <c>/</c>, and sample orders to see on it.</summary>
internal static class DashboardRegistration
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    public static IServiceCollection AddDashboard(this IServiceCollection services)
    {
        services.AddSettings<DemoOptions>(DemoOptions.Section);
        services.AddSingleton<DemoSwitch>().AddSingleton<DemoPublisher>();
        return services.AddHostedService<DemoReplay>();
    }

    /// <summary>The page, if the build has made it (npm, from <c>Dashboard/app</c>); otherwise one that says what is missing.</summary>
    public static void MapDashboard(this WebApplication app)
    {
        var assets = Asset.ReadAll(Path.Combine(app.Environment.ContentRootPath, "wwwroot"));
        foreach (var asset in assets) app.MapMethods(asset.Path, Reading, new AssetEndpoint(asset).HandleAsync);
        if (!assets.Any(asset => asset.Path == "/")) app.MapMethods("/", Reading, new NotBuiltPage().HandleAsync);
        app.MapGet("/dashboard.json", ActivatorUtilities.CreateInstance<DashboardSettings>(app.Services).HandleAsync);
    }
}

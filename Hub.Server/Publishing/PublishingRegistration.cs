using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Realtime.Server.Http;
using Realtime.Server.Node;
using Realtime.Server.Publishing.Batch;
using Realtime.Server.Security;

namespace Realtime.Server.Publishing;

internal static class PublishingRegistration
{
    /// <summary>Stage 1: publishing.</summary>
    public static IServiceCollection AddPublishing(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<HubCounters>();
        services.TryAddSingleton(new BatchLimits());
        services.AddSettings<PublishOptions>(PublishOptions.Section);
        services.AddSingleton<IValidateOptions<PublishOptions>, TemporaryFileValidator>();
        return services.AddSingleton<PublishQuota>().AddSingleton<PublishRoom>().AddSingleton<Publisher>().AddSingleton<PublishEndpoint>()
            .AddSingleton<BatchEndpoint>();
    }

    /// <summary>Both ways to publish. Plain request delegates: the endpoints read and write the bytes themselves.</summary>
    public static IEndpointRouteBuilder MapPublishing(this IEndpointRouteBuilder app)
    {
        var services = app.ServiceProvider;
        app.MapPost(Paths.Notifications, services.GetRequiredService<PublishEndpoint>().HandleAsync)
            .RequireAuthorization(Policies.Publishing);
        app.MapPost(Paths.Batch, services.GetRequiredService<BatchEndpoint>().HandleAsync)
            .RequireAuthorization(Policies.Publishing);
        return app;
    }
}

using Microsoft.AspNetCore.Http.Features;

namespace Realtime.Server.Security;

/// <summary>Runs a step with its own scope of services, which ends with the step and not with the request.</summary>
internal static class HandlerScope
{
    public static async Task<bool> WithHandlersAsync(this IServiceScopeFactory scopes, HttpContext context, Func<Task<bool>> step)
    {
        await using var scope = scopes.CreateAsyncScope();
        context.Features.Set<IServiceProvidersFeature>(new Services { RequestServices = scope.ServiceProvider });
        try
        {
            return await step();
        }
        finally
        {
            // The next use creates the request's own scope.
            context.Features.Set<IServiceProvidersFeature>(null);
        }
    }

    private sealed class Services : IServiceProvidersFeature
    {
        public required IServiceProvider RequestServices { get; set; }
    }
}

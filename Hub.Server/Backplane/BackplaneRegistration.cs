namespace Realtime.Server.Backplane;

internal static class BackplaneRegistration
{
    /// <summary>How nodes hear of what was stored; one node hears itself.</summary>
    public static IServiceCollection AddBackplane(this IServiceCollection services) => services
        .AddSingleton<LocalBackplane>()
        .AddSingleton<IBackplane>(it => it.GetRequiredService<LocalBackplane>());
}

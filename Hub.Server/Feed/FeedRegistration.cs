using Realtime.Server.Feed.Closings;
using Realtime.Server.Feed.Tails;
using Realtime.Server.Node;
using Realtime.Server.Notifications.Cursors;

namespace Realtime.Server.Feed;

/// <summary>Stage 4: the feed brings each notification to the right readers, once, in order.</summary>
internal static class FeedRegistration
{
    public static IServiceCollection AddFeed(this IServiceCollection services)
    {
        services.AddSettings<FeedOptions>("Hub:Limits");
        services.AddSingleton<CursorChoice>();
        services.AddSingleton<TopicTails>().AddHostedService(provider => provider.GetRequiredService<TopicTails>());
        return services.AddSingleton<LastClosings>().AddSingleton<UserConnections>().AddSingleton<NotificationFeed>();
    }
}

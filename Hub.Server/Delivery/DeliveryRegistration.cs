using Microsoft.AspNetCore.SignalR;
using Realtime.Server.Http;
using Realtime.Server.Log;
using Realtime.Server.Routing;
using Realtime.Server.Security;

namespace Realtime.Server.Delivery;

/// <summary>Stage 5: delivery over SignalR, as an event stream, or page by page.</summary>
internal static class DeliveryRegistration
{
    private static readonly Problem Unavailable = new(
        StatusCodes.Status503ServiceUnavailable, "The store cannot be reached now. Try again in a moment.", RetryAfterSeconds: 1);

    public static IServiceCollection AddDelivery(this IServiceCollection services)
    {
        services.AddSingleton<Acknowledgements>().AddSingleton<AcknowledgementEndpoints>();
        services.AddSingleton<EventSourceEndpoint>().AddSingleton<HistoryEndpoint>().AddSingleton<PagesUnderWay>();
        services.AddSingleton<SessionEndpoints>();
        services.AddLogging(logging => logging.AddFilter(HubFailures.Category, LogLevel.None));
        services.AddSingleton<HubFailures>();
        // Explicit, because AddStackExchangeRedis for the operators' hub registers its backplane for every hub. Order readers have
        // subscriptions of their own. SignalR's backplane would only add cost: two channels and 6.7 KiB per connection, 0.5 to 0.74 times
        // the connects per second (measured), and no new connection while Redis is unavailable.
        services.AddSingleton<HubLifetimeManager<OrdersHub>, DefaultHubLifetimeManager<OrdersHub>>();
        services.AddSignalR(hub => hub.AddFilter<HubFailures>())
            .AddJsonProtocol(json => json.PayloadSerializerOptions.Converters.Add(new CurrentItemConverter()));
        return services;
    }

    /// <summary>SignalR: WebSockets, server-sent events, long polling.</summary>
    public static void MapOrdersHub(this WebApplication app)
    {
        var owners = app.Services.GetRequiredService<ConnectionOwners>();
        app.MapRoutedHub<OrdersHub>(Paths.Orders, Policies.Reading, connection =>
            connection.Use(next => owners.Track(next, Paths.Orders, counts: true)).Use(CurrentSubscription.Track).UseHub<OrdersHub>());
    }

    /// <summary>The plain HTTP ways of reading and acknowledging.</summary>
    public static void MapNotifications(this WebApplication app)
    {
        var eventSource = app.Services.GetRequiredService<EventSourceEndpoint>();
        var history = app.Services.GetRequiredService<HistoryEndpoint>();
        var acknowledgements = app.Services.GetRequiredService<AcknowledgementEndpoints>();
        var api = app.MapGroup("").RequireAuthorization(Policies.Reading);
        var read = OrUnavailable(history.HandleAsync);
        api.MapGet(Paths.Notifications, context => context.Request.WantsEventStream() ? eventSource.HandleAsync(context) : read(context))
            .WithMetadata(new StreamRefusals(eventSource.SayUnavailableAsync, eventSource.SayRevokedAsync));
        api.MapPut(Paths.Acknowledged, OrUnavailable(acknowledgements.AcknowledgeAsync));
        api.MapGet(Paths.Unread, OrUnavailable(acknowledgements.CountUnreadAsync));
    }

    /// <summary>Exchanges a token for a cookie, for pages.</summary>
    public static void MapSession(this WebApplication app)
    {
        var sessions = app.Services.GetRequiredService<SessionEndpoints>();
        // The default policy, which a session does not satisfy: a session cannot extend itself.
        app.MapPost(Paths.Session, sessions.BeginAsync).RequireAuthorization();
        app.MapDelete(Paths.Session, sessions.EndAsync);
    }

    private static RequestDelegate OrUnavailable(RequestDelegate handle) => async context =>
    {
        try
        {
            await handle(context);
        }
        catch (LogUnavailableException) when (!context.Response.HasStarted)
        {
            await Problems.WriteAsync(context, Unavailable);
        }
    };
}

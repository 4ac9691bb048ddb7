using Microsoft.AspNetCore.SignalR;
using Realtime.Server.Http;
using Realtime.Server.Log;
using Realtime.Server.Routing;
using Realtime.Server.Security;

namespace Realtime.Server.Delivery;

/// <summary>Stage 5: out, over SignalR, as an event stream, or page by page.</summary>
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
        // subscriptions of their own. SignalR's backplane would only cost them: two channels and 6.7 KiB a connection, 0.5 to 0.74 times
        // the connects a second (measured), and no new connection while Redis is away.
        services.AddSingleton<HubLifetimeManager<OrdersHub>, DefaultHubLifetimeManager<OrdersHub>>();
        services.AddSignalR(hub => hub.AddFilter<HubFailures>())
            .AddJsonProtocol(json => json.PayloadSerializerOptions.Converters.Add(new CurrentItemConverter()));
        return services;
    }

    /// <summary>SignalR: WebSockets, server-sent events, long polling.</summary>
    public static void MapOrdersHub(this WebApplication app)
    {
        var owners = app.Services.GetRequiredService<ConnectionOwners>();
        app.MapRoutedHub<OrdersHub>(HubPaths.Orders, Policies.Reading, connection =>
            connection.Use(next => owners.Track(next, counts: true)).Use(CurrentSubscription.Track).UseHub<OrdersHub>());
    }

    /// <summary>The plain HTTP ways of reading and acknowledging.</summary>
    public static void MapNotifications(this WebApplication app)
    {
        var eventSource = app.Services.GetRequiredService<EventSourceEndpoint>();
        var history = app.Services.GetRequiredService<HistoryEndpoint>();
        var acknowledgements = app.Services.GetRequiredService<AcknowledgementEndpoints>();
        var api = app.MapGroup("/api/notifications").RequireAuthorization(Policies.Reading);
        var read = OrUnavailable(history.HandleAsync);
        api.MapGet("", context => context.Request.WantsEventStream() ? eventSource.HandleAsync(context) : read(context))
            .WithMetadata(new UnavailableStream(eventSource.SayUnavailableAsync));
        api.MapPut("acknowledged", OrUnavailable(acknowledgements.AcknowledgeAsync));
        api.MapGet("unread", OrUnavailable(acknowledgements.CountUnreadAsync));
    }

    /// <summary>A cookie instead of a token, for pages: token in, cookie out.</summary>
    public static void MapSession(this WebApplication app)
    {
        var sessions = app.Services.GetRequiredService<SessionEndpoints>();
        // The default policy, which a session does not satisfy: it cannot prolong itself.
        app.MapPost("/api/session", sessions.BeginAsync).RequireAuthorization();
        app.MapDelete("/api/session", sessions.EndAsync);
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

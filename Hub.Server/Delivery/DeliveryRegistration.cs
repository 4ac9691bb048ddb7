using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Realtime.Server.Log;
using Realtime.Server.Operations;
using Realtime.Server.Routing;
using Realtime.Server.Security;

namespace Realtime.Server.Delivery;

/// <summary>Stage 5: out, over SignalR, as an event stream, or page by page.</summary>
internal static class DeliveryRegistration
{
    public const string HubPath = "/hubs/orders";

    /// <summary>Proxies cut silence at 60 s, and clients look after 45.</summary>
    private static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(25);

    private static readonly Problem Unavailable = new(
        StatusCodes.Status503ServiceUnavailable, "The store cannot be reached now. Try again in a moment.", RetryAfterSeconds: 1);

    public static IServiceCollection AddDelivery(this IServiceCollection services)
    {
        services.AddSingleton<Acknowledgements>().AddSingleton<AcknowledgementEndpoints>();
        services.AddSingleton<EventSourceEndpoint>().AddSingleton<HistoryEndpoint>();
        services.AddSingleton<SessionEndpoints>();
        services.AddLogging(logging => logging.AddFilter(HubFailures.Category, LogLevel.None));
        services.AddSingleton<HubFailures>();
        services.AddSignalR(hub => hub.AddFilter<HubFailures>()).AddJsonProtocol(json => json.PayloadSerializerOptions.Converters.Add(new FeedItemConverter()));
        return services;
    }

    /// <summary>SignalR: WebSockets, server-sent events, long polling.</summary>
    public static void MapOrdersHub(this WebApplication app)
    {
        var options = new HttpConnectionDispatcherOptions
        {
            // Every client since 3.0 asks for 1, and only then a connection has a token that is not its id.
            MinimumProtocolVersion = 1,
            // The state of a stateful reconnect lives in one node's memory; here any node may get any request.
            AllowStatefulReconnects = false,
            CloseOnAuthenticationExpiration = true,
        };
        options.LongPolling.PollTimeout = LongestPoll;
        var owners = app.Services.GetRequiredService<ConnectionOwners>();
        app.MapConnections(HubPath, options, connection => connection.Use(owners.Track).Use(CurrentSubscription.Track).UseHub<OrdersHub>())
            .RequireAuthorization(Policies.Reading)
            .WithMetadata(new HubMetadata(typeof(OrdersHub)));
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

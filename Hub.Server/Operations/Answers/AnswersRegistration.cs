using Realtime.Server.Http;
using Realtime.Server.Log;
using Realtime.Server.Routing.Questions;
using Realtime.Server.Security;

namespace Realtime.Server.Operations.Answers;

/// <summary>Answers about one user or topic, which all nodes give together.</summary>
internal static class AnswersRegistration
{
    private static readonly Problem Unavailable = new(
        StatusCodes.Status503ServiceUnavailable, "The store cannot be reached now. Send the request again.", RetryAfterSeconds: 1);

    public static IServiceCollection AddAnswers(this IServiceCollection services) => services
        .AddSingleton<UserReport>()
        .AddSingleton<INodeAnswer, PresenceAnswer>()
        .AddSingleton<INodeAnswer, UserAnswer>()
        .AddSingleton<INodeAnswer, TopicAnswer>()
        .AddSingleton<INodeAnswer, EraseAnswer>();

    public static void MapAnswers(this WebApplication app)
    {
        var (services, admin) = (app.Services, app.MapGroup("").RequireAuthorization(Policies.Administration));
        app.MapGet(Paths.Presence, ActivatorUtilities.CreateInstance<PresenceEndpoint>(services).HandleAsync)
            .RequireAuthorization(Policies.Publishing);
        admin.MapGet(Paths.UserAnswers, OrUnavailable(ActivatorUtilities.CreateInstance<UserEndpoint>(services).HandleAsync));
        admin.MapGet(Paths.TopicAnswers, OrUnavailable(ActivatorUtilities.CreateInstance<TopicEndpoint>(services).HandleAsync));
        admin.MapPost(Paths.Erase, OrUnavailable(ActivatorUtilities.CreateInstance<EraseEndpoint>(services).HandleAsync));
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

using System.CommandLine;
using System.Text;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.IdentityModel.Tokens;

namespace Realtime.Compare.Peers;

/// <summary>
/// The hidden command that hosts a small server in a process of its own. Its publish endpoint and its tokens are the hub's, so that the
/// same load drives both.
/// </summary>
internal static class PeerServer
{
    public const string Name = "peer-server", Stock = "stock", Bare = "bare";

    /// <summary>The variable with the key that signs the tokens; not an argument, which every user of the machine can read.</summary>
    public const string KeyVariable = "PEER_SIGNING_KEY";

    /// <summary>The setting with the Redis that several nodes of stock SignalR share.</summary>
    public const string Redis = "Redis";

    private const string Publishers = "publishers";

    /// <summary>Whatever follows the kind is a setting of ASP.NET Core, such as <c>--urls</c>.</summary>
    public static Command CreateCommand()
    {
        var kind = new Argument<string>("kind");
        kind.AcceptOnlyFromAmong(Stock, Bare);
        var command = new Command(Name, "hosts one of the servers of --beside") { kind };
        command.Hidden = true;
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((given, cancel) => RunAsync(given.GetValue(kind)!, [.. given.UnmatchedTokens], cancel));
        return command;
    }

    private static async Task RunAsync(string kind, string[] settings, CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder(settings);
        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(bearer =>
        {
            bearer.MapInboundClaims = false;
            bearer.TokenValidationParameters = new()
            {
                IssuerSigningKey = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(builder.Configuration[KeyVariable] ?? "")),
                ValidateIssuer = false,
                ValidateAudience = false,
                NameClaimType = PeerClaims.User,
                RoleClaimType = PeerClaims.Role,
            };
        });
        builder.Services.AddAuthorizationBuilder().AddPolicy(Publishers, policy => policy.RequireRole("publisher"));
        if (kind == Stock) AddStock(builder);
        else builder.Services.AddSingleton<IPeer, BareEventStreams>();

        await using var app = builder.Build();
        // Otherwise nginx collects an event stream before it passes anything on.
        app.Use((context, next) =>
        {
            context.Response.Headers["X-Accel-Buffering"] = "no";
            return next(context);
        });
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapGet("/health/ready", () => TypedResults.Ok());
        app.MapPost("/api/notifications", async (Published published, IPeer peer, CancellationToken aborted) =>
        {
            await peer.PublishAsync(published, aborted);
            return TypedResults.Accepted((string?)null);
        }).RequireAuthorization(Publishers);
        app.Services.GetRequiredService<IPeer>().Map(app);
        await app.StartAsync(cancel);
        await app.WaitForShutdownAsync(cancel);
    }

    private static void AddStock(WebApplicationBuilder builder)
    {
        var signalR = builder.Services.AddSignalR();
        if (builder.Configuration[Redis] is { Length: > 0 } redis) signalR.AddStackExchangeRedis(redis);
        builder.Services.AddSingleton<IUserIdProvider, StockUsers>();
        builder.Services.AddSingleton<IPeer, StockPeer>();
    }
}

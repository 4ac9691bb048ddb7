using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Realtime.Server.Http;
using Realtime.Server.Log;
using Realtime.Server.Publishing;
using Realtime.Server.Security;
using Realtime.Server.Security.Sessions;

namespace Realtime.Tests.Support;

/// <summary>A real web server on a free port with the doors of Security and Publishing, over a log in memory.</summary>
internal sealed class PublishingHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private PublishingHost(WebApplication app, MemoryLog log, Uri address) => (_app, Log, Address) = (app, log, address);

    public MemoryLog Log { get; }

    public Uri Address { get; }

    public IServiceProvider Services => _app.Services;

    /// <param name="settings">On top of <c>Hub:Auth:SigningKey</c> = <see cref="Tokens.SigningKey"/>; a null value removes that.</param>
    /// <param name="extend">More services, after those of the product.</param>
    public static async Task<PublishingHost> StartAsync(
        Dictionary<string, string?>? settings = null, string environment = "Production", Action<IServiceCollection>? extend = null,
        Action<ILoggingBuilder>? logging = null)
    {
        var builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { EnvironmentName = environment, ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Hub:Auth:SigningKey"] = Tokens.SigningKey });
        if (settings is not null) builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.ClearProviders();
        logging?.Invoke(builder.Logging);
        // So that a body that trickles is detected in a second or two instead of five.
        builder.WebHost.ConfigureKestrel(
            kestrel => kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(240, TimeSpan.FromSeconds(1.5)));
        builder.Services.AddSingleton<MemoryLog>().AddSingleton<INotificationLog>(services => services.GetRequiredService<MemoryLog>());
        builder.Services.AddTokenAuth().AddKeysInFiles().AddSingleton<ISessionRevocations, NoRevocations>()
            .AddSingleton<IRefreshedConnections, NoRefreshedConnections>().AddPublishing();
        extend?.Invoke(builder.Services);
        var app = builder.Build();
        try
        {
            Compose(app);
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new(app, app.Services.GetRequiredService<MemoryLog>(), new(address));
    }

    /// <summary>A client that never passes the response of one test to another.</summary>
    public HttpClient Client(string? token = null)
    {
        var client = new HttpClient { BaseAddress = Address };
        if (token is not null) client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return client;
    }

    /// <summary>A bare connection, for what no client library would send.</summary>
    public async Task<TcpClient> ConnectAsync(CancellationToken cancel)
    {
        var client = new TcpClient();
        await client.ConnectAsync(Address.Host, Address.Port, cancel);
        return client;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static void Compose(WebApplication app)
    {
        app.UseProblems();
        app.UseAccessTokenInQuery();
        app.UseRouting();
        app.UseCallers();
        app.MapPublishing();
        app.MapDevToken();
        // Stand-ins for what the other stages put there.
        app.MapGet("/api/notifications", Echo).RequireAuthorization();
        app.Map("/hubs/orders", Echo).RequireAuthorization();
        app.Map("/hubs/orders/negotiate", Echo).RequireAuthorization();
        app.MapGet("/api/notifications/unread", Echo).RequireAuthorization();
        app.MapGet("/api/admin", Echo).RequireAuthorization(Policies.Administration);
        app.MapGet("/fails", _ => throw new InvalidOperationException("secret path /srv/private"));
    }

    /// <summary>Who the caller is and what is left of its query.</summary>
    private static Task Echo(HttpContext context)
    {
        var caller = Caller.Of(context.User);
        return context.Response.WriteAsJsonAsync(new
        {
            caller.User,
            Topics = caller.Topics.Select(topic => topic.Text),
            caller.IsPublisher,
            caller.IsAdmin,
            caller.ExpiresAt,
            Query = context.Request.QueryString.Value,
            context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget,
        });
    }
}

using Microsoft.Extensions.Options;
using Realtime.Server.Connections;
using Realtime.Server.Node;
using Realtime.Server.Security.Tokens;

namespace Realtime.Server.Operations;

/// <summary>Starts and runs the server, from the command line to the exit code.</summary>
internal static class StartUp
{
    private const int Failed = 1;

    /// <summary>
    /// Settings are read once. Watching their files would take one of the user's inotify instances (128 by default on Linux), and the
    /// server could not start if none were free.
    /// </summary>
    private const string NothingIsWatched = "--hostBuilder:reloadConfigOnChange=false";

    /// <summary>Runs until the node is stopped. A failed start is reported in a sentence, not as a stack trace.</summary>
    /// <param name="compose">Adds the services.</param>
    /// <param name="map">Builds the pipeline; every setting has been checked before.</param>
    /// <returns>The exit code: 0, or 1 if it could not start.</returns>
    public static async Task<int> RunAsync(string[] args, Action<WebApplicationBuilder> compose, Action<WebApplication> map)
    {
        // Check before more code is loaded: with too few descriptors the process would abort in the middle of the start.
        if (FileDescriptors.Fault(FileDescriptors.Limit) is { } fewFiles)
        {
            await Console.Error.WriteLineAsync(fewFiles);
            return Failed;
        }
        WebApplication? app = null;
        try
        {
            var builder = WebApplication.CreateBuilder(
                new WebApplicationOptions { Args = [.. args, NothingIsWatched], ContentRootPath = AppContext.BaseDirectory });
            builder.UseHubDefaults();
            builder.Services.PostConfigure<LoggerFilterOptions>(logging => StartFaults.Silence(logging, () => !StopSignals.IsServing));
            compose(builder);
            app = builder.Build();
            app.Services.GetService<IStartupValidator>()?.Validate();
            // In Development this creates the key, next to the data.
            app.Services.GetRequiredService<TokenKey>();
            map(app);
            app.Configuration.RemoveStaleSockets();
            await app.StartAsync();
        }
        catch (Exception fault)
        {
            foreach (var sentence in StartFaults.Describe(fault, ListensAt(app))) await Console.Error.WriteLineAsync(sentence);
            await DisposeQuietlyAsync(app);
            return Failed;
        }
        StopSignals.IsServing = true;
        app.Services.GetRequiredService<NodeState>().Started();
        app.Services.GetRequiredService<StartUpReport>().Write(app.Urls);
        await app.WaitForShutdownAsync();
        StopSignals.IsServing = false;
        await app.DisposeAsync();
        return 0;
    }

    private static IEnumerable<string> ListensAt(WebApplication? app)
    {
        if (app is null) return [];
        var endpoints = app.Configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"] ?? "?").ToList();
        if (endpoints.Count > 0) return endpoints;
        // Not app.Urls: the web server empties it before it listens.
        return app.Configuration["urls"] is { Length: > 0 } urls ? urls.Split(';') : ["the ports in HTTP_PORTS and HTTPS_PORTS"];
    }

    /// <summary>Flushes the log. Ignores other failures, because they would hide the reason.</summary>
    private static async Task DisposeQuietlyAsync(WebApplication? app)
    {
        try
        {
            if (app is not null) await app.DisposeAsync();
        }
        catch (Exception) { /* the process ends */ }
    }
}

using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Realtime.Server.Security;
using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>The server's real authentication in this process, so that a test can move its clock; there is no data to read.</summary>
internal sealed class ProviderHost : IAsyncDisposable
{
    public const string Closing = "event: closing";

    private readonly WebApplication _app;

    private ProviderHost(string authority)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Development });
        builder.Configuration.AddInMemoryCollection([new("Hub:Auth:Authority", authority), new("Hub:Auth:Audience", "orders")]);
        builder.Logging.ClearProviders().AddProvider(Log);
        builder.Services.AddSingleton<TimeProvider>(Time).AddTokenAuth().AddKeysInFiles();
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.UseRouting();
        _app.UseCallers();
        _app.MapGet("/", context => context.Response.WriteAsync(Caller.Of(context.User).User))
            .RequireAuthorization(Policies.Reading).WithMetadata(new UnavailableStream(context => context.Response.WriteAsync(Closing)));
    }

    public ManualTime Time { get; } = new(TimeProvider.System.GetUtcNow());

    public Lines Log { get; } = new();

    private Uri Address => new(_app.Urls.Single());

    public static async Task<ProviderHost> StartAsync(string authority, CancellationToken cancel)
    {
        var host = new ProviderHost(authority);
        await host._app.StartAsync(cancel);
        return host;
    }

    public Task<RawAnswer> AskAsync(string token, CancellationToken cancel, params string[] headers) =>
        RawHttp.SendAsync(Address, "GET", "/", token, null, cancel, headers);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>What was logged: event id and text.</summary>
    internal sealed class Lines : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = [];

        public IReadOnlyCollection<string> All => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue($"[{eventId.Id}] {formatter(state, exception)}");

        public void Dispose() { /* nothing is held */ }
    }
}

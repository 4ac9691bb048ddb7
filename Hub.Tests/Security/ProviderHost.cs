using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Realtime.Server.Security;
using Realtime.Server.Security.Sessions;
using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>The server's real authentication in this process, so that a test can move its clock; there is no data to read.</summary>
internal sealed class ProviderHost : IAsyncDisposable
{
    public const string Closing = "event: closing";

    private readonly WebApplication _app;

    private ProviderHost(IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Development });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.ClearProviders().AddProvider(Log);
        builder.Services.AddSingleton<TimeProvider>(Time).AddTokenAuth().AddKeysInFiles()
            .AddSingleton<ISessionRevocations, NoRevocations>().AddSingleton<IRefreshedConnections, NoRefreshedConnections>();
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.UseRouting();
        _app.UseCallers();
        _app.MapDevToken();
        _app.MapGet("/caller", context => context.Response.WriteAsync(Describe(Caller.Of(context.User))))
            .RequireAuthorization(Policies.Reading);
        _app.MapGet("/", context => context.Response.WriteAsync(Caller.Of(context.User).User))
            .RequireAuthorization(Policies.Reading)
            .WithMetadata(new StreamRefusals(
                context => context.Response.WriteAsync(Closing), context => context.Response.WriteAsync("revoked")));
    }

    public ManualTime Time { get; } = new(TimeProvider.System.GetUtcNow());

    public Lines Log { get; } = new();

    private Uri Address => new(_app.Urls.Single());

    public static Task<ProviderHost> StartAsync(
        string authority, CancellationToken cancel, params IEnumerable<(string Setting, string Value)> settings) =>
        StartAsync([("Hub:Auth:Authority", authority), ("Hub:Auth:Audience", "orders"), .. settings], cancel);

    public static async Task<ProviderHost> StartAsync(
        IEnumerable<(string Setting, string Value)> settings, CancellationToken cancel)
    {
        var host = new ProviderHost(settings.Select(one => KeyValuePair.Create<string, string?>(one.Setting, one.Value)));
        await host._app.StartAsync(cancel);
        return host;
    }

    public Task<RawAnswer> AskAsync(string token, CancellationToken cancel, params string[] headers) =>
        RawHttp.SendAsync(Address, "GET", "/", token, null, cancel, headers);

    /// <summary>Who the server takes the owner of a token for: <c>alice: user:alice group:west all, publisher</c>; or why not.</summary>
    public async Task<string> CallerOfAsync(string token, CancellationToken cancel)
    {
        var answer = await RawHttp.SendAsync(Address, "GET", "/caller", token, null, cancel);
        return answer.Status == 200 ? answer.Text : $"{answer.Status} {answer.Json.GetProperty("detail").GetString()}";
    }

    /// <summary>A token for developers.</summary>
    public async Task<string> DevTokenAsync(string request, CancellationToken cancel)
    {
        var answer = await RawHttp.SendAsync(
            Address, "POST", "/dev/token", null, Encoding.UTF8.GetBytes(request), cancel, "Content-Type: application/json");
        return answer.Json.GetProperty("accessToken").GetString()!;
    }

    private static string Describe(Caller caller) =>
        $"{caller.User}: {string.Join(' ', caller.Topics.Select(topic => topic.Text))}"
        + (caller.IsPublisher ? ", publisher" : "") + (caller.IsAdmin ? ", admin" : "");

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

using System.Diagnostics;

namespace Realtime.Tests.Support;

/// <summary>How a <see cref="ServerProcess"/> is started.</summary>
internal sealed record ServerSettings
{
    /// <summary>Development has <c>POST /dev/token</c> and makes its own signing key.</summary>
    public string Environment { get; init; } = "Development";

    /// <summary>
    /// Settings by name, e.g. <c>Hub:Retention:Count</c>; given on the command line. They win over the defaults of this class.
    /// </summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Environment variables, e.g. <c>Hub__Node__Address</c>. Ours that could change a server are not inherited.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>An existing folder for the store, left alone afterwards; null: an own one, deleted afterwards.</summary>
    public string? DataPath { get; init; }

    /// <summary>An address of loopback to listen on; IPv6 in brackets.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Where to listen there; 0: any free port.</summary>
    public int Port { get; init; }

    /// <summary>The server to run; null: the one that was built with these tests.</summary>
    public string? Assembly { get; init; }

    /// <summary>
    /// A command that becomes the server, which is appended to it, e.g. a shell that sets limits and then execs; empty: none.
    /// </summary>
    public IReadOnlyList<string> Through { get; init; } = [];

    /// <summary>False: return when the process runs, e.g. to see it refuse its settings.</summary>
    public bool AwaitReady { get; init; } = true;
}

/// <summary>
/// The real server in a process of its own: to be used, frozen, killed, restarted on the same data and port, and stopped.
/// </summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    // A cold start on a busy machine, JIT included.
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(40);

    private ServerSettings _settings;
    private readonly bool _ownsData;
    private ChildProcess? _process;

    private ServerProcess(ServerSettings settings)
    {
        _settings = settings;
        _ownsData = settings.DataPath is null;
        DataPath = settings.DataPath ?? Directory.CreateTempSubdirectory("hub-test-").FullName;
        Port = settings.Port == 0 ? FreePort.Next() : settings.Port;
        Address = new Uri($"http://{settings.Host}:{Port}");
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false })
        {
            BaseAddress = Address,
            Timeout = TimeSpan.FromSeconds(60),
        };
    }

    public int Port { get; }

    public Uri Address { get; }

    public string DataPath { get; }

    /// <summary>A client of this server, for everything that needs no special one. It follows no redirects and keeps no cookies.</summary>
    public HttpClient Http { get; }

    public int ProcessId => Running.Id;

    public bool HasExited => Running.HasExited;

    /// <summary>Everything the current process has printed so far, errors included.</summary>
    public string Output => Running.Output;

    private ChildProcess Running => _process ?? throw new InvalidOperationException("The server was never started.");

    /// <summary>Starts a server and waits until it is ready; what it printed is in the exception if it does not get that far.</summary>
    public static async Task<ServerProcess> StartAsync(ServerSettings? settings = null, CancellationToken cancel = default)
    {
        var server = new ServerProcess(settings ?? new());
        try
        {
            await server.StartAgainAsync(cancel);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the server again after it has ended, on the same data and port.</summary>
    public async Task StartAgainAsync(CancellationToken cancel = default)
    {
        if (_process is { HasExited: false }) throw new InvalidOperationException("The server is still running.");
        _process?.Dispose();
        _process = ChildProcess.Start(CommandLine());
        if (_settings.AwaitReady) await ReadyAsync(cancel);
    }

    /// <summary>Like <see cref="StartAgainAsync(CancellationToken)"/>, with another version of the server from now on.</summary>
    public Task StartAgainAsync(string assembly, CancellationToken cancel = default)
    {
        _settings = _settings with { Assembly = assembly };
        return StartAgainAsync(cancel);
    }

    /// <summary>Waits until <c>/health/ready</c> says so.</summary>
    public async Task ReadyAsync(CancellationToken cancel = default) =>
        await Eventually.True($"the server on port {Port} is ready", async () =>
        {
            if (HasExited) throw new AssertionException($"The server ended with {Running.ExitCode} instead of getting ready:\n{Output}");
            return await AnswersAsync("/health/ready", cancel);
        }, StartLimit, cancel);

    public void Send(Signal signal) => Running.Send(signal);

    /// <summary>SIGKILL, and waits for the end. Nothing is flushed, and no client gets a notice.</summary>
    public async Task KillAsync()
    {
        Running.Send(Signal.Kill);
        await Running.ExitAsync(ExitLimit);
    }

    /// <summary>SIGTERM, and asserts that the server drains and ends cleanly: exit code 0 and nothing unhandled.</summary>
    public async Task StopAsync()
    {
        Running.Send(Signal.Terminate);
        await EndsCleanlyAsync();
    }

    /// <summary>Asserts that the server, signalled to stop before, ends with exit code 0 and nothing unhandled.</summary>
    public async Task EndsCleanlyAsync()
    {
        var code = await Running.ExitAsync(ExitLimit);
        Assert.That(code, Is.Zero, $"The server did not end cleanly:\n{Output}");
        Assert.That(Output, Does.Not.Contain("Unhandled exception"));
    }

    /// <summary>Waits for the server to end by itself, e.g. because its settings are invalid.</summary>
    /// <returns>The exit code.</returns>
    public Task<int> ExitAsync() => Running.ExitAsync(ExitLimit);

    /// <summary>Waits until the server has printed a text.</summary>
    public Task PrintedAsync(string text, CancellationToken cancel = default) =>
        Eventually.True($"the server prints '{text}'", () => Output.Contains(text, StringComparison.Ordinal), cancel);

    public ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_process is not null)
        {
            if (TestContext.CurrentContext.Result.FailCount > 0) TestContext.Out.WriteLine($"— server on port {Port} —\n{Output}");
            _process.Dispose();
        }
        if (_ownsData && Directory.Exists(DataPath)) Directory.Delete(DataPath, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task<bool> AnswersAsync(string path, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            using var answer = await Http.GetAsync(new Uri(path, UriKind.Relative), patience.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception notYet) when (notYet is HttpRequestException || patience.IsCancellationRequested
            && !cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    private ProcessStartInfo CommandLine()
    {
        var assembly = _settings.Assembly ?? Repository.BuildOutputOf("Hub.Server");
        string[] command = [.. _settings.Through, DotNetHost.Path, assembly, "--urls", Address.GetLeftPart(UriPartial.Authority)];
        var start = new ProcessStartInfo(command[0], command[1..]);
        var settings = new Dictionary<string, string> { ["Hub:DataPath"] = DataPath, ["Hub:Demo:Enabled"] = "false" };
        foreach (var (name, value) in _settings.Settings) settings[name] = value;
        foreach (var (name, value) in settings) start.ArgumentList.Add($"--{name}={value}");
        DotNetHost.ForgetServerVariables(start);
        start.Environment["ASPNETCORE_ENVIRONMENT"] = _settings.Environment;
        // In ms, hexadecimal. The server's own choice pays off for one that lives long; most of these end after a few seconds.
        start.Environment["DOTNET_TC_CallCountingDelayMs"] = "64";
        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach (var (name, value) in _settings.Variables) start.Environment[name] = value;
        return start;
    }
}

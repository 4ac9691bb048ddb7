using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Realtime.Compare.Server;

/// <summary>The built server in a process of its own, with the embedded store in a folder that is deleted afterwards.</summary>
internal sealed class OwnServer : IAsyncDisposable
{
    private const int LinesKept = 200;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    // What a developer's shell may have set and the server would read.
    private static readonly string[] Foreign = ["ASPNETCORE_", "HUB__", "CONNECTIONSTRINGS__", "LOGGING__", "KESTREL__", "DOTNET_ENVIRONMENT", "DOTNET_URLS", "URLS", "HTTP_PORTS", "HTTPS_PORTS"];

    private readonly string _data = Directory.CreateTempSubdirectory("hub-compare-").FullName;
    private readonly Queue<string> _output = [];   // guarded by itself
    private readonly Process _process;

    private OwnServer(AccessTokens tokens)
    {
        Tokens = tokens;
        Address = new($"http://127.0.0.1:{FreePort()}");
        _process = new() { StartInfo = CommandLine() };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
    }

    public Uri Address { get; }

    public AccessTokens Tokens { get; }

    public Process Process => _process;

    /// <exception cref="InvalidOperationException">It did not get ready; the text has what it printed.</exception>
    public static async Task<OwnServer> StartAsync(TimeProvider time, CancellationToken cancel)
    {
        var server = new OwnServer(new(time));
        try
        {
            server._process.Start();
            server._process.BeginOutputReadLine();
            server._process.BeginErrorReadLine();
            await server.ReadyAsync(time, cancel);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills it: nobody is left to be drained, and the data is deleted anyway.</summary>
    public ValueTask DisposeAsync()
    {
        try
        {
            if (!_process.HasExited) _process.Kill(entireProcessTree: true);
            _process.WaitForExit(EndLimit);
        }
        catch (InvalidOperationException) { /* it was never started */ }
        _process.Dispose();
        Directory.Delete(_data, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task ReadyAsync(TimeProvider time, CancellationToken cancel)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(5) };
        for (var start = time.GetTimestamp(); time.GetElapsedTime(start) < StartLimit; await Task.Delay(AskEvery, time, cancel))
        {
            if (_process.HasExited) throw new InvalidOperationException($"The server ended with {_process.ExitCode} instead of getting ready:\n{Output()}");
            try
            {
                using var answer = await http.GetAsync(new Uri("/health/ready", UriKind.Relative), cancel);
                if (answer.IsSuccessStatusCode) return;
            }
            catch (Exception notYet) when (notYet is HttpRequestException || notYet is TaskCanceledException && !cancel.IsCancellationRequested) { }
        }
        throw new InvalidOperationException($"The server was not ready within {StartLimit.TotalSeconds:0} s:\n{Output()}");
    }

    private ProcessStartInfo CommandLine()
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [
            Assembly(), "--urls", Address.GetLeftPart(UriPartial.Authority),
            $"--Hub:DataPath={_data}", "--Hub:Demo:Enabled=false", "--Logging:LogLevel:Default=Warning"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.ToList())
            if (Foreign.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))) start.Environment.Remove(name);
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        // Not on the command line, which every user of the machine can read.
        start.Environment["Hub__Auth__SigningKey"] = Tokens.Key;
        return start;
    }

    /// <summary>The server that was built with this program, in the same configuration: both end in bin/Release/net10.0.</summary>
    private static string Assembly()
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var root = framework.Parent?.Parent?.Parent?.Parent?.FullName ?? "";
        var path = Path.Combine(root, "Hub.Server", "bin", framework.Parent?.Name ?? "", framework.Name, "Hub.Server.dll");
        return File.Exists(path) ? path : throw new InvalidOperationException($"There is no {path}: run this from the repository with dotnet run --project Hub.Compare, or name a server with --url.");
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_output)
        {
            _output.Enqueue(line);
            if (_output.Count > LinesKept) _output.Dequeue();
        }
    }

    private string Output()
    {
        lock (_output) return string.Join('\n', _output);
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}

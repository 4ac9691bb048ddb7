using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Realtime.Compare.Server;

/// <summary>The built server in a separate process.</summary>
internal static class HubProcess
{
    // Variables that a developer's shell may have set and that the server would read.
    private static readonly string[] Foreign = ["ASPNETCORE_", "HUB__", "CONNECTIONSTRINGS__", "LOGGING__", "KESTREL__",
        "DOTNET_ENVIRONMENT", "DOTNET_URLS", "URLS", "HTTP_PORTS", "HTTPS_PORTS"];

    // How many bytes the runtime allocates between two collections, in hexadecimal as it requires.
    private const string FewBytes = "80000";

    /// <param name="settings">Command-line arguments of the server.</param>
    public static Child Start(Uri address, AccessTokens tokens, bool littleGarbage, params IEnumerable<string> settings)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [
            Assembly(), "--urls", address.GetLeftPart(UriPartial.Authority), "--Hub:Demo:Enabled=false",
                "--Logging:LogLevel:Default=Warning", .. settings]);
        foreach (var name in start.Environment.Keys.ToList())
            if (Foreign.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))) start.Environment.Remove(name);
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        // Not on the command line, which every user of the machine can read.
        start.Environment["Hub__Auth__SigningKey"] = tokens.Key;
        if (littleGarbage)
            foreach (var name in new[] { "DOTNET_GCgen0size", "DOTNET_GCgen0MaxBudget" }) start.Environment[name] = FewBytes;
        return new("The server", start);
    }

    /// <summary>Waits until a server answers at an address, directly or through a proxy.</summary>
    public static async Task ReadyAsync(Child child, Uri address, TimeProvider time, CancellationToken cancel)
    {
        using var http = new HttpClient(
            new SocketsHttpHandler { UseProxy = false })
        { BaseAddress = address, Timeout = TimeSpan.FromSeconds(5) };
        await child.ReadyAsync(async cancelled =>
        {
            try
            {
                using var answer = await http.GetAsync(new Uri("/health/ready", UriKind.Relative), cancelled);
                return answer.IsSuccessStatusCode;
            }
            catch (Exception notYet) when (notYet is HttpRequestException || notYet is TaskCanceledException
                && !cancelled.IsCancellationRequested)
            {
                return false;
            }
        }, time, cancel);
    }

    /// <summary>An address on this machine that is currently free.</summary>
    public static Uri FreeAddress()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return new($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}");
    }

    /// <summary>The server that was built with this program, in the same configuration: both end in bin/Release/net10.0.</summary>
    private static string Assembly()
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var root = framework.Parent?.Parent?.Parent?.Parent?.FullName ?? "";
        var path = Path.Combine(root, "Hub.Server", "bin", framework.Parent?.Name ?? "", framework.Name, "Hub.Server.dll");
        return File.Exists(path)
            ? path
            : throw new InvalidOperationException(
                $"There is no {path}: run this from the repository with dotnet run --project Hub.Compare, or name a server with --url.");
    }
}

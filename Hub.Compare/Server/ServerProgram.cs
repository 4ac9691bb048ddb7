using System.Diagnostics;
using Realtime.Compare.Peers;

namespace Realtime.Compare.Server;

/// <summary>A program that a deployment starts, in a process per node: the hub, or a small server that it is compared with.</summary>
internal sealed class ServerProgram
{
    /// <summary>The server that was built with this program.</summary>
    public static readonly ServerProgram Hub = new("hub") { KeepsNotifications = true };

    /// <summary>Plain SignalR; several nodes share its Redis backplane.</summary>
    public static readonly ServerProgram Stock = new(PeerServer.Stock) { NeedsAffinity = true };

    /// <summary>An event stream written with ASP.NET Core alone, always on one node.</summary>
    public static readonly ServerProgram Bare = new(PeerServer.Bare) { IsOneNode = true };

    // Variables that a developer's shell may have set and that the server would read.
    private static readonly string[] Foreign = ["ASPNETCORE_", "HUB__", "CONNECTIONSTRINGS__", "LOGGING__", "KESTREL__",
        "DOTNET_ENVIRONMENT", "DOTNET_URLS", "URLS", "HTTP_PORTS", "HTTPS_PORTS", "REDIS"];

    // How many bytes the runtime allocates between two collections, in hexadecimal as it requires.
    private const string FewBytes = "80000";

    // The runtime settings of Hub.Server.csproj: a peer must not be slower because it lacks them.
    private static readonly (string Name, string Value)[] RuntimeOfHub =
        [("DOTNET_TC_CallCountingDelayMs", "1"), ("DOTNET_ThreadPool_UnfairSemaphoreSpinLimit", "0")];

    private ServerProgram(string name) => Name = name;

    /// <summary>The word for it in <c>--beside</c>.</summary>
    public string Name { get; }

    /// <summary>Whether a reader gets what was published while it was away.</summary>
    public bool KeepsNotifications { get; private init; }

    /// <summary>Whether all requests of one connection must reach the same node, which a proxy has to take care of.</summary>
    public bool NeedsAffinity { get; private init; }

    /// <summary>Whether it cannot run on several nodes.</summary>
    public bool IsOneNode { get; private init; }

    /// <param name="data">A folder for what it stores.</param>
    public Child StartAlone(Uri address, AccessTokens tokens, string data, bool littleGarbage) =>
        Start(address, tokens, littleGarbage, this == Hub ? [$"--Hub:DataPath={data}"] : []);

    /// <param name="redis">The Redis that all nodes share.</param>
    public Child StartNode(Uri address, AccessTokens tokens, Uri redis) => Start(address, tokens, littleGarbage: false, this == Hub
        ? [$"--ConnectionStrings:Redis={redis.Authority}", $"--Hub:Node:Address={address}"]
        : [$"--{PeerServer.Redis}={redis.Authority}"]);

    private Child Start(Uri address, AccessTokens tokens, bool littleGarbage, IEnumerable<string> settings)
    {
        var program = this == Hub
            ? new[] { Built("Hub.Server"), "--Hub:Demo:Enabled=false" }
            : [Built("Hub.Compare"), PeerServer.Name, Name];
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [
            .. program, "--urls", address.GetLeftPart(UriPartial.Authority), "--Logging:LogLevel:Default=Warning", .. settings]);
        foreach (var name in start.Environment.Keys.ToList())
            if (Foreign.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))) start.Environment.Remove(name);
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        // Not on the command line, which every user of the machine can read.
        start.Environment[this == Hub ? "Hub__Auth__SigningKey" : PeerServer.KeyVariable] = tokens.Key;
        if (this != Hub)
            foreach (var (name, value) in RuntimeOfHub) start.Environment[name] = value;
        if (littleGarbage)
            foreach (var name in new[] { "DOTNET_GCgen0size", "DOTNET_GCgen0MaxBudget" }) start.Environment[name] = FewBytes;
        return new(this == Hub ? "The server" : $"The server of --beside {Name}", start);
    }

    /// <summary>A program of the same build, in the same configuration: all end in bin/Release/net10.0.</summary>
    private static string Built(string project)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var root = framework.Parent?.Parent?.Parent?.Parent?.FullName ?? "";
        var path = Path.Combine(root, project, "bin", framework.Parent?.Name ?? "", framework.Name, $"{project}.dll");
        return File.Exists(path)
            ? path
            : throw new InvalidOperationException(
                $"There is no {path}: run this from the repository with dotnet run --project Hub.Compare, or name a server with --url.");
    }
}

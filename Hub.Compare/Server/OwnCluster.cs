using System.Diagnostics;
using System.Globalization;

namespace Realtime.Compare.Server;

/// <summary>Redis, several nodes, and an nginx proxy with the configuration under <c>deploy/</c>: round robin, no affinity.</summary>
/// <remarks>
/// A second nginx differs in one line, which keeps each reader at one node. The difference between the two is the cost of going without
/// affinity.
/// </remarks>
internal sealed class OwnCluster : IDeployment
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hub-compare-");
    private readonly List<Child> _children = [];
    private readonly List<Process> _processes = [];
    private readonly List<Uri> _nodes = [];

    private readonly ServerProgram _program;

    private OwnCluster(ServerProgram program, AccessTokens tokens) => (_program, Tokens) = (program, tokens);

    public Uri Address { get; } = Addresses.Free();

    public Uri WithAffinity { get; } = Addresses.Free();

    public AccessTokens Tokens { get; }

    public IReadOnlyList<Process> Processes => _processes;

    public IReadOnlyList<Uri> Nodes => _nodes;

    /// <exception cref="InvalidOperationException">A program is not installed or did not become ready; the message says what to
    /// do.</exception>
    public static async Task<OwnCluster> StartAsync(ServerProgram program, int nodes, TimeProvider time, CancellationToken cancel)
    {
        var programs = Installed.Find("redis-server", "nginx");
        var cluster = new OwnCluster(program, new(time));
        try
        {
            var redis = await cluster.StartRedisAsync(programs[0], time, cancel);
            await Task.WhenAll([.. Enumerable.Range(0, nodes).Select(_ => cluster.StartNodeAsync(redis, time, cancel))]);
            await cluster.StartProxyAsync(programs[1], cluster.Address, "", time, cancel);
            await cluster.StartProxyAsync(programs[1], cluster.WithAffinity, "hash $http_authorization;", time, cancel);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills all processes: no clients are left to drain, and the data is deleted anyway.</summary>
    public ValueTask DisposeAsync()
    {
        for (var last = _children.Count - 1; last >= 0; last--) _children[last].Dispose();
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task<Uri> StartRedisAsync(string program, TimeProvider time, CancellationToken cancel)
    {
        var address = Addresses.Free();
        string[] arguments =
        [
            "--port", address.Port.ToString(CultureInfo.InvariantCulture), "--bind", address.Host, "--dir", _folder.FullName,
            "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction",
        ];
        var child = Keep(new("redis-server", new(program, arguments)));
        _processes.Add(child.Process);
        await child.ReadyAsync(cancelled => Installed.AcceptsAsync(address, cancelled), time, cancel);
        return address;
    }

    private Task StartNodeAsync(Uri redis, TimeProvider time, CancellationToken cancel)
    {
        var address = Addresses.Free();
        var child = Keep(_program.StartNode(address, Tokens, redis));
        _processes.Add(child.Process);
        _nodes.Add(address);
        return Addresses.ReadyAsync(child, address, time, cancel);
    }

    private async Task StartProxyAsync(string program, Uri address, string balancing, TimeProvider time, CancellationToken cancel)
    {
        var folder = _folder.CreateSubdirectory($"nginx-{address.Port}");
        // nginx's workers may run as another user.
        if (!OperatingSystem.IsWindows())
            foreach (var open in new[] { _folder, folder }) File.SetUnixFileMode(open.FullName, (UnixFileMode)0b111_101_101);
        var file = Path.Combine(folder.FullName, "nginx.conf");
        await File.WriteAllTextAsync(file, NginxConfiguration.Of(address, _nodes, balancing), cancel);
        var child = Keep(new("nginx", new(program, ["-p", folder.FullName, "-c", file, "-g", "daemon off;"])));
        await Addresses.ReadyAsync(child, address, time, cancel);
    }

    private Child Keep(Child child)
    {
        _children.Add(child);
        return child;
    }
}

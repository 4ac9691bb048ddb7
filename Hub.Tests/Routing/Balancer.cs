using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>A real load balancer on the configuration under <c>deploy/</c>: only its addresses are replaced.</summary>
internal sealed partial class Balancer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly ChildProcess _process;

    private Balancer(DirectoryInfo folder, ChildProcess process, int port, int http2Port, string path) =>
        (_folder, _process, Address, Http2Address) = (folder, process, new Uri($"http://127.0.0.1:{port}{path}"),
            new Uri($"http://127.0.0.1:{http2Port}"));

    public Uri Address { get; }

    /// <summary>Where it takes HTTP/2 without TLS. nginx does so only on a listener of its own.</summary>
    public Uri Http2Address { get; }

    /// <summary>Its log.</summary>
    public string Output => _process.Output;

    /// <param name="nodes">Ports on loopback.</param>
    /// <param name="prefix">A path that it strips, and names to the nodes in <c>X-Forwarded-Prefix</c>; empty: none.</param>
    public static Task<Balancer> StartNginxAsync(IReadOnlyList<int> nodes, string prefix = "", CancellationToken cancel = default) =>
        StartAsync("nginx", (port, http2Port) => Below(prefix, Configuration("nginx.conf", port, nodes, http2Port)), NginxArguments, "/",
            prefix, cancel);

    /// <summary>An nginx with nothing in its configuration but its defaults and one location, as people write it first.</summary>
    /// <param name="location">For example <c>location / { proxy_pass http://hub; }</c>, where <c>hub</c> is the node.</param>
    /// <param name="path">Where the hub is then, with a slash at its end.</param>
    public static Task<Balancer> StartPlainNginxAsync(int node, string location, string path = "/", CancellationToken cancel = default) =>
        StartAsync("nginx", (port, _) => $$"""
            pid nginx.pid;
            error_log stderr emerg;
            events {}
            http {
              access_log /dev/stdout;
              client_body_temp_path body_temp;
              proxy_temp_path proxy_temp;
              fastcgi_temp_path fastcgi_temp;
              uwsgi_temp_path uwsgi_temp;
              scgi_temp_path scgi_temp;
              upstream hub { server 127.0.0.1:{{node}}; }
              server {
                listen 127.0.0.1:{{port}};
                {{location}}
              }
            }
            """, NginxArguments, path, "", cancel);

    /// <inheritdoc cref="StartNginxAsync"/>
    public static Task<Balancer> StartHaProxyAsync(IReadOnlyList<int> nodes, CancellationToken cancel = default) =>
        StartAsync("haproxy", (port, _) => Configuration("haproxy.cfg", port, nodes), (_, file) => ["-f", file], "/", "", cancel);

    /// <summary>The text of a configuration with addresses of this machine.</summary>
    /// <param name="http2Port">Null: as the file has it. Otherwise nginx takes HTTP/2 there.</param>
    public static string Configuration(string name, int port, IReadOnlyList<int> nodes, int? http2Port = null) =>
        NodeAddress()
        .Replace(File.ReadAllText(Repository.PathOf($"deploy/{name}")), match => $"127.0.0.1:{nodes[match.Groups[1].Value[0] - '1']}")
            .Replace("listen 8080;", $"listen 127.0.0.1:{port};"
                + (http2Port is null ? "" : $"\n    listen 127.0.0.1:{http2Port} http2;"), StringComparison.Ordinal)
            .Replace("bind :8080", $"bind 127.0.0.1:{port}", StringComparison.Ordinal);

    public ValueTask DisposeAsync()
    {
        if (TestContext.CurrentContext.Result.FailCount > 0)
            TestContext.Out.WriteLine($"— balancer —\n{string.Join('\n', Output.Split('\n').TakeLast(100))}");
        _process.Dispose();
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    private static string[] NginxArguments(string folder, string file) => ["-p", folder, "-c", file, "-g", "daemon off;"];

    /// <param name="configuration">Its text, for a port and one for HTTP/2.</param>
    /// <param name="path">Of <see cref="Address"/>.</param>
    /// <param name="prefix">Before the paths of the nodes, below <see cref="Address"/>.</param>
    private static async Task<Balancer> StartAsync(
        string program, Func<int, int, string> configuration, Func<string, string, string[]> arguments, string path, string prefix,
        CancellationToken cancel)
    {
        var command = Requires.Command(program);
        var folder = Directory.CreateTempSubdirectory("hub-balancer-");
        // nginx's workers may run as another user.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder.FullName, (UnixFileMode)0b111_101_101);
        var (port, file) = (FreePort.Next(), Path.Combine(folder.FullName, $"{program}.conf"));
        var http2Port = program == "nginx" ? FreePort.Next() : port;
        await File.WriteAllTextAsync(file, configuration(port, http2Port), cancel);
        var start = new ProcessStartInfo(command);
        foreach (var argument in arguments(folder.FullName, file)) start.ArgumentList.Add(argument);
        var balancer = new Balancer(folder, ChildProcess.Start(start), port, http2Port, path);
        await balancer.ReadyAsync(prefix, cancel);
        return balancer;
    }

    /// <summary>nginx's configuration, for a hub below a path; an empty one changes nothing.</summary>
    private static string Below(string prefix, string text)
    {
        if (prefix.Length == 0) return text;
        const string Host = "proxy_set_header Host $called_host;", Everything = "location / {\n      proxy_pass http://hub;";
        Assert.That(text, Does.Contain(Host).And.Contain(Everything));
        return text.Replace(Host, $"{Host}\n    proxy_set_header X-Forwarded-Prefix {prefix};", StringComparison.Ordinal)
            .Replace(Everything, $"location {prefix}/ {{\n      proxy_pass http://hub/;", StringComparison.Ordinal);
    }

    private async Task ReadyAsync(string prefix, CancellationToken cancel)
    {
        using var http = new HttpClient();
        await Eventually.True("the balancer reaches a node", async () =>
        {
            if (_process.HasExited) throw new AssertionException($"The balancer ended:\n{Output}");
            try
            {
                using var answer = await http.GetAsync(
                    new Uri(Address, prefix.Length == 0 ? "health/ready" : prefix + "/health/ready"), cancel);
                return answer.StatusCode == HttpStatusCode.OK;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, cancel);
    }

    [GeneratedRegex(@"\bhub(\d):8080\b")]
    private static partial Regex NodeAddress();
}

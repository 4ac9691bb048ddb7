using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Realtime.Tests.Support;

namespace Realtime.Tests.Telemetry;

/// <summary>Debian's Prometheus, which scrapes nodes every second and knows the alerts under <c>deploy/</c>.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hub-prometheus-");
    private readonly HttpClient _http;
    private readonly ChildProcess _process;

    private PrometheusServer(IEnumerable<Uri> nodes)
    {
        var program = Requires.Command("prometheus");
        var port = FreePort.Next();
        var file = Path.Combine(_folder.FullName, "prometheus.yml");
        File.WriteAllText(file, $"""
            global:
              scrape_interval: 1s
              evaluation_interval: 1s
            rule_files: ['{Repository.PathOf("deploy/alerts.yaml")}']
            scrape_configs:
              - job_name: hub
                static_configs: [targets: [{string.Join(", ", nodes.Select(node => $"'{node.Authority}'"))}]]
            """);
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        _process = ChildProcess.Start(new ProcessStartInfo(program,
        [
            $"--config.file={file}", $"--storage.tsdb.path={Path.Combine(_folder.FullName, "data")}",
            $"--web.listen-address=127.0.0.1:{port}",
        ]));
    }

    public string Output => _process.Output;

    public static async Task<PrometheusServer> StartAsync(IEnumerable<Uri> nodes)
    {
        var server = new PrometheusServer(nodes);
        try
        {
            await Eventually.True("Prometheus is ready", server.IsReadyAsync);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The series that a query finds now.</summary>
    public async Task<List<JsonElement>> QueryAsync(string query, CancellationToken cancel)
    {
        var answer = await AskAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}", cancel);
        Assert.That(answer.GetProperty("status").GetString(), Is.EqualTo("success"), $"{query}: {answer}");
        return [.. answer.GetProperty("data").GetProperty("result").EnumerateArray()];
    }

    public async Task<JsonElement> AskAsync(string path, CancellationToken cancel)
    {
        using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative), cancel);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        _process.Dispose();
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task<bool> IsReadyAsync()
    {
        if (_process.HasExited) throw new AssertionException($"Prometheus ended:\n{Output}");
        try
        {
            using var answer = await _http.GetAsync(new Uri("/-/ready", UriKind.Relative));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}

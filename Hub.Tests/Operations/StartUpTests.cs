using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations;

/// <summary>The output of <c>dotnet publish</c> runs from any folder and listens on the configured address.</summary>
[CancelAfter(240_000)]
internal sealed class StartUpTests
{
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(3);

    private string _folder = null!;
    private string _server = null!;

    [OneTimeSetUp]
    public async Task PublishAsync()
    {
        _folder = Directory.CreateTempSubdirectory("hub-publish-").FullName;
        var start = new ProcessStartInfo(DotNetHost.Path) { WorkingDirectory = Repository.Root };
        foreach (var argument in (string[])["publish", "Hub.Server", "-c", "Release", "-o", _folder, "--nologo"])
            start.ArgumentList.Add(argument);
        DotNetHost.ForgetServerVariables(start);
        using var publish = ChildProcess.Start(start);
        Assert.That(await publish.ExitAsync(BuildLimit), Is.Zero, publish.Output);
        _server = Path.Combine(_folder, "Hub.Server.dll");
    }

    [OneTimeTearDown]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    /// <summary>Runs the published server in another folder and waits until it has printed its address.</summary>
    private async Task<(ChildProcess Process, string Address)> RunAsync(
        string[] arguments, Dictionary<string, string> variables, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(DotNetHost.Path) { WorkingDirectory = Path.GetTempPath() };
        foreach (var argument in (string[])[_server, .. arguments]) start.ArgumentList.Add(argument);
        DotNetHost.ForgetServerVariables(start);
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        start.Environment["Hub__Demo__Enabled"] = "false";
        foreach (var (name, value) in variables) start.Environment[name] = value;
        var process = ChildProcess.Start(start);
        const string Mark = "Now listening on: ";
        await Eventually.True("it says where it listens", () => process.Output.Contains(Mark, StringComparison.Ordinal)
            || process.HasExited, TimeSpan.FromSeconds(60), cancel);
        return (process, process.Output.Split(Mark).Skip(1).FirstOrDefault()?.Split('\n')[0].Trim() ?? process.Output);
    }

    private async Task<string> ListensOnAsync(string[] arguments, Dictionary<string, string> variables, CancellationToken cancel)
    {
        var (process, address) = await RunAsync(arguments, variables, cancel);
        using (process) return address;
    }

    [Test]
    public async Task The_default_address_is_only_for_who_says_nothing(CancellationToken cancel)
    {
        var port = FreePort.Next();
        Assert.Multiple(async () =>
        {
            Assert.That(
                await ListensOnAsync([], [], cancel), Is.EqualTo("http://localhost:5080").Or.Contain("5080: address already in use"));
            Assert.That(await ListensOnAsync([], new() { ["ASPNETCORE_URLS"] = "" }, cancel),
                Is.EqualTo("http://localhost:5080").Or.Contain("5080: address already in use"));
            Assert.That(await ListensOnAsync(["--urls", $"http://127.0.0.1:{port}"], [], cancel), Is.EqualTo($"http://127.0.0.1:{port}"));
            Assert.That(await ListensOnAsync([], new() { ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}" }, cancel),
                Is.EqualTo($"http://127.0.0.1:{port}"));
            Assert.That(await ListensOnAsync([], new() { ["HTTP_PORTS"] = $"{port}" }, cancel), Is.EqualTo($"http://[::]:{port}"));
            Assert.That(
                await ListensOnAsync([], new() { ["ASPNETCORE_HTTP_PORTS"] = $"{port}" }, cancel), Is.EqualTo($"http://[::]:{port}"));
            Assert.That(await ListensOnAsync([], new() { ["Kestrel__Endpoints__Http__Url"] = $"http://127.0.0.1:{port}" }, cancel),
                Is.EqualTo($"http://127.0.0.1:{port}"));
        });
    }

    [Test]
    public async Task Its_data_lies_beside_it_and_its_development_key_outlives_it(CancellationToken cancel)
    {
        string[] where = ["--urls", $"http://127.0.0.1:{FreePort.Next()}"];
        string token;
        var (first, address) = await RunAsync(where, [], cancel);
        using var http = new HttpClient { BaseAddress = new(address) };
        using (first)
        {
            var answer = await http.PostAsJsonAsync("/dev/token", new { user = "alice" }, cancel);
            token = (await answer.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("accessToken").GetString()!;
        }
        Assert.That(File.Exists(Path.Combine(_folder, "data", "realtime.db")), "the content root is its own folder");
        if (!OperatingSystem.IsWindows())
            Assert.That(File.GetUnixFileMode(Path.Combine(_folder, "data", "signing-key")),
                Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));

        var (second, _) = await RunAsync(where, [], cancel);
        using (second) Assert.That(
            (int)(await http.SendAsync(Delivery.TestServer.Request(HttpMethod.Get, "/api/notifications/unread", token), cancel)).StatusCode,
            Is.EqualTo(200));
    }
}

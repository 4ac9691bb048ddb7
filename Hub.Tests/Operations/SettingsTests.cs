using Realtime.Tests.Support;

namespace Realtime.Tests.Operations;

/// <summary>An invalid setting stops the start with a sentence that says how to fix it.</summary>
[CancelAfter(120_000)]
internal sealed class SettingsTests
{
    private const string GoodKey = "Hub:Auth:SigningKey=0123456789abcdef0123456789abcdef";

    /// <summary>Starts a server and returns what it printed before it ended by itself with an exit code other than 0.</summary>
    private static async Task<string> RefusalAsync(string environment, string[] settings, Dictionary<string, string>? variables = null)
    {
        await using var server = await ServerProcess.StartAsync(new ServerSettings
        {
            Environment = environment,
            AwaitReady = false,
            Variables = variables ?? [],
            Settings = settings.Select(setting => setting.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]),
        });
        Assert.That(await server.ExitAsync(), Is.EqualTo(1), server.Output);
        Assert.That(server.Output, Does.Not.Contain("Unhandled exception"));
        return server.Output;
    }

    [TestCase("Hub:Retention:Age=72", "not a duration", "3.00:00:00")]
    [TestCase("Hub:Retention:Age=soon", "Hub:Retention:Age", "days.]hours:minutes:seconds")]
    [TestCase("Hub:Retention:Age=00:00:59", "Hub:Retention:Age", "00:01:00 to 30.00:00:00")]
    [TestCase("Hub:Retention:Age=30.00:00:01", "Hub:Retention:Age", "00:01:00 to 30.00:00:00")]
    [TestCase("Hub:Retention:Count=0", "Hub:Retention:Count", "1 to 10000000")]
    [TestCase("Hub:Retention:Count=10000001", "Hub:Retention:Count", "1 to 10000000")]
    [TestCase("Hub:Retention:Count=many", "Hub:Retention:Count", "whole number")]
    [TestCase("Hub:Drain:Duration=15", "not a duration", "00:00:15")]
    [TestCase("Hub:Drain:Duration=-00:00:01", "Hub:Drain:Duration", "hours:minutes:seconds")]
    [TestCase("Hub:Drain:Duration=00:10:01", "Hub:Drain:Duration", "00:00:00 to 00:10:00")]
    [TestCase("Hub:Limits:PublishesPerSecond=0", "Hub:Limits:PublishesPerSecond", "1 to 10000000")]
    [TestCase("Hub:Limits:PublishesPerSecond=1.5", "Hub:Limits:PublishesPerSecond", "whole number")]
    [TestCase("Hub:Demo:OrdersPerSecond=often", "Hub:Demo:OrdersPerSecond", "Write a number")]
    [TestCase("Hub:Limits:ConnectionsPerUser=0", "Hub:Limits:ConnectionsPerUser", "1 to 100000")]
    [TestCase("Hub:Limits:PendingNegotiations=-1", "Hub:Limits:PendingNegotiations", "1 to 10000000")]
    [TestCase("Hub:Limits:PendingNegotiationsPerUser=0", "Hub:Limits:PendingNegotiationsPerUser", "1 to 10000000")]
    [TestCase("Hub:Cors:Origins=*", "Hub:Cors:Origins", "no wildcard")]
    [TestCase("Hub:Cors:Origins=https://good.example;shop.example", "\"shop.example\"", "https://shop.example")]
    [TestCase("Hub:Cors:Origins=https://shop.example/", "Hub:Cors:Origins", "nothing after it")]
    [TestCase("Hub:Cors:Origins=wss://shop.example", "\"wss://shop.example\"", "https://shop.example")]
    [TestCase("Hub:Cors:Origins=https://user@shop.example", "Hub:Cors:Origins", "nothing after it")]
    [TestCase("Hub:Cors:Origins=capacitor://", "\"capacitor://\"", "capacitor://localhost")]
    [TestCase("Hub:Cors:Origins=app://localhost/index.html", "app://localhost/index.html", "nothing after it")]
    [TestCase("Hub:Cors:Origins=https://shop.example:99999", "shop.example:99999", "with a port")]
    [TestCase("Hub:DataPath=", "Hub:DataPath is empty", "remove it")]
    [TestCase("Hub:DataPath=/dev/null", "/dev/null", "Hub:DataPath")]
    [TestCase("Hub:Auth:SigningKey=short", "Hub:Auth:SigningKey must have at least 32 bytes", "openssl rand")]
    [TestCase("Hub:Auth:Authority=https://login.example", "exclude each other", "remove one")]
    [TestCase("Hub:Auth:RoleClaim=https://shop.example/roles", "Hub:Auth:RoleClaim must be a claim's name", "in quotes")]
    [TestCase("Hub:Auth:GroupsClaim=realm_access..roles", "Hub:Auth:GroupsClaim must be", "realm_access.roles")]
    [TestCase("Hub:Auth:UserClaim=\"oid", "Hub:Auth:UserClaim must be", "a path")]
    [TestCase("Hub:Auth:PreviousSigningKey=0123456789abcdef0123456789abcdef", "belong together", "set both")]
    [TestCase("Hub:Auth:PreviousSigningKeyUntil=2026-12-24T18:00:00Z", "belong together", "remove both")]
    [TestCase("Hub:Auth:PreviousSigningKeyUntil=2026-12-24 18:00", "must be a moment with an offset", "2026-12-24T18:00:00Z")]
    [TestCase("Hub:Auth:PreviousSigningKey=short", "Hub:Auth:PreviousSigningKey must have at least 32 bytes", "openssl rand")]
    [TestCase("urls=nonsense", "nonsense", "http://localhost:5080")]
    public async Task A_wrong_setting_is_refused_with_how_to_mend_it(string setting, string what, string how)
    {
        var output = await RefusalAsync("Production", setting.StartsWith("Hub:Auth:SigningKey", StringComparison.Ordinal)
            ? [setting]
            : [GoodKey, setting]);
        Assert.That(output, Does.Contain(what).And.Contain(how));
    }

    [Test]
    public async Task Without_keys_only_a_development_server_starts()
    {
        var output = await RefusalAsync("Production", ["Hub:Auth:SigningKey="]);
        Assert.That(output, Does.Contain("Hub:Auth:Authority").And.Contain("Hub:Auth:Audience").And.Contain("Hub:Auth:SigningKey"));
    }

    [Test]
    public async Task An_authority_needs_an_audience_and_https()
    {
        Assert.That(
            await RefusalAsync("Production", ["Hub:Auth:Authority=https://login.example"]), Does.Contain("needs Hub:Auth:Audience"));
        Assert.That(await RefusalAsync("Production", ["Hub:Auth:Authority=http://login.example", "Hub:Auth:Audience=orders"]),
            Does.Contain("https address"));
    }

    [Test]
    public async Task Several_mistakes_are_told_at_once()
    {
        var output = await RefusalAsync(
            "Production", ["Hub:Auth:SigningKey=short", "Hub:Retention:Count=0", "Hub:Drain:Duration=15", "Hub:Cors:Origins=*"]);
        foreach (var name in (string[])["Hub:Auth:SigningKey", "Hub:Retention:Count", "Hub:Drain:Duration", "Hub:Cors:Origins"])
            Assert.That(output, Does.Contain(name));
    }

    [Test]
    public async Task Environment_variables_are_settings_too() =>
        Assert.That(await RefusalAsync("Production", [GoodKey], new() { ["Hub__Drain__Duration"] = "15" }),
            Does.Contain("Hub:Drain:Duration is \"15\""));

    [Test]
    public async Task A_development_key_that_cannot_be_kept_is_told()
    {
        Assert.That(await RefusalAsync("Development", ["Hub:DataPath=/dev/null"]), Does.Contain("signing key").And.Contain("Hub:DataPath"));
        var folder = Directory.CreateTempSubdirectory("hub-test-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "signing-key"), "too short");
        Assert.That(await RefusalAsync("Development", [$"Hub:DataPath={folder}"]), Does.Contain("is no signing key: delete it"));
        Directory.Delete(folder, recursive: true);
    }

    [Test]
    public async Task A_store_in_use_or_damaged_and_a_port_in_use_are_told()
    {
        await using var server = await ServerProcess.StartAsync(new ServerSettings { Environment = "Development" });
        Assert.That(await RefusalAsync("Development", [$"Hub:DataPath={server.DataPath}"]), Does.Contain("in use by another process"));
        Assert.That(
            await RefusalAsync("Development", [$"urls={server.Address}"]), Does.Contain("address already in use").And.Contain("--urls"));
        await server.StopAsync();
        await File.WriteAllTextAsync(Path.Combine(server.DataPath, "realtime.db"), new string('x', 10_000));
        Assert.That(await RefusalAsync("Development", [$"Hub:DataPath={server.DataPath}"]),
            Does.Contain("damaged or no SQLite file").And.Contain("backup"));
    }

    [Test]
    public async Task A_folder_for_temporary_files_that_cannot_be_used_is_told()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"hub-test-missing-{Guid.NewGuid():N}");
        Assert.That(
            await RefusalAsync("Production", [GoodKey], new() { ["TMPDIR"] = folder }), Does.Contain(folder).And.Contain("set TMPDIR"));
    }

    [Test]
    public async Task A_Unix_socket_that_a_killed_server_has_left_does_not_hold_the_next_one_up(CancellationToken cancel)
    {
        Requires.Signals();
        var socket = Path.Combine(Path.GetTempPath(), $"hub-{Guid.NewGuid():N}"[..20]);
        var port = FreePort.Next();
        var settings = new ServerSettings
        {
            Port = port,
            Settings = new Dictionary<string, string> { ["urls"] = $"http://127.0.0.1:{port};http://unix:{socket}" },
        };
        await using var server = await ServerProcess.StartAsync(settings, cancel);
        Assert.That(await RefusalAsync("Development", [$"urls=http://unix:{socket}"]), Does.Contain("in use"), "somebody listens there");
        await server.KillAsync();
        Assert.That(File.Exists(socket));
        await server.StartAgainAsync(cancel);
        await server.StopAsync();

        await File.WriteAllTextAsync(socket, "somebody's", cancel);
        Assert.That(await RefusalAsync("Development", [$"urls=http://unix:{socket}"]), Does.Contain("in use"), "a file is no socket");
        Assert.That(await File.ReadAllTextAsync(socket, cancel), Is.EqualTo("somebody's"));
        File.Delete(socket);
    }
}

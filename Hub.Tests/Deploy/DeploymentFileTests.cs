using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Realtime.Server.Operations;
using Realtime.Tests.Support;

namespace Realtime.Tests.Deploy;

/// <summary>What can be checked of the files under <c>deploy/</c> without a registry or a cluster.</summary>
[CancelAfter(60_000)]
internal sealed partial class DeploymentFileTests
{
    private const string Compose = "deploy/compose.yaml", Kubernetes = KubernetesTests.Hub, Image = "deploy/Dockerfile",
        Script = "deploy/three-nodes.sh";

    private static readonly TimeSpan LongestDrain = new DrainOptions().Duration;

    [TestCase(Compose)]
    [TestCase(Kubernetes)]
    [TestCase("deploy/kubernetes/service-monitor.yaml")]
    [TestCase(Image)]
    [TestCase(Script)]
    [TestCase("deploy/systemd/realtime-hub.env")]
    [TestCase("deploy/systemd/realtime-hub.service")]
    [TestCase("deploy/RUNBOOK.md")]
    public void Every_setting_in_it_is_one_that_the_server_reads(string file)
    {
        var names = SettingName().Matches(File.ReadAllText(Repository.PathOf(file))).Select(match => match.Value).Distinct().ToList();
        Assert.That(names, Is.Not.Empty);
        Assert.That(names.Where(name => !KnownSettings.Variables.Contains(name)), Is.Empty);
    }

    [Test]
    public void Compose_runs_three_nodes_that_differ_in_nothing_but_their_address()
    {
        var nodes = Nodes();
        Assert.That(nodes, Has.Count.EqualTo(3));
        foreach (var node in nodes)
        {
            var address = node["networks"]!["hub"]!["ipv4_address"]!.GetValue<string>();
            Assert.That(node["environment"]!["Hub__Node__Address"]!.GetValue<string>(), Is.EqualTo($"http://{address}:8080"));
            node["environment"]!.AsObject().Remove("Hub__Node__Address");
            node.Remove("networks");
        }
        Assert.That(nodes.Select(node => node.ToJsonString()).Distinct().Count(), Is.EqualTo(1));
    }

    [Test]
    public void Compose_waits_for_a_node_that_drains() => Assert.Multiple(() =>
    {
        foreach (var node in Nodes())
        {
            var drain = TimeSpan.Parse(node["environment"]!["Hub__Drain__Duration"]!.GetValue<string>(), CultureInfo.InvariantCulture);
            Assert.That(
                Seconds(node["stop_grace_period"]!.GetValue<string>()), Is.GreaterThan((drain + TimeSpan.FromSeconds(10)).TotalSeconds));
        }
    });

    [Test]
    public void Compose_keeps_what_was_acknowledged()
    {
        var redis = Yaml.Read(Compose)[0]["services"]!["redis"]!.ToJsonString();
        Assert.That(redis, Does.Contain("--appendfsync always").And.Contain("--requirepass").And.Contain("--maxmemory-policy noeviction"));
    }

    [Test]
    public async Task Docker_compose_accepts_it()
    {
        var compose = Requires.Command("docker-compose");
        // Debian's version is 1, which does not support a name for the project.
        var folder = Directory.CreateTempSubdirectory("hub-compose-");
        var file = Path.Combine(folder.FullName, "compose.yaml");
        var lines = await File.ReadAllLinesAsync(Repository.PathOf(Compose));
        await File.WriteAllLinesAsync(file, lines.Where(line => !line.StartsWith("name:", StringComparison.Ordinal)));
        var start = new ProcessStartInfo(compose) { ArgumentList = { "-f", file, "config", "-q" } };
        start.Environment["REDIS_PASSWORD"] = start.Environment["HUB_SIGNING_KEY"] = "x";
        using var process = ChildProcess.Start(start);
        try
        {
            Assert.That(await process.ExitAsync(TimeSpan.FromSeconds(30)), Is.Zero, process.Output);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public void Kubernetes_waits_for_a_node_that_drains()
    {
        var deployment = Yaml.Read(Kubernetes).Single(document => document["kind"]!.GetValue<string>() == "Deployment");
        var pod = deployment["spec"]!["template"]!["spec"]!;
        var container = pod["containers"]![0]!;
        var sleep = Seconds(container["lifecycle"]!["preStop"]!["exec"]!["command"]![1]!.ToString());
        var drain = TimeSpan.Parse(Variable(container, "Hub__Drain__Duration"), CultureInfo.InvariantCulture);
        Assert.That(pod["terminationGracePeriodSeconds"]!.GetValue<int>(), Is.GreaterThan(sleep + drain.TotalSeconds + 10));
        Assert.That(drain, Is.EqualTo(LongestDrain));
    }

    [Test]
    public void The_image_runs_as_an_ordinary_user_and_looks_after_itself()
    {
        var lines = File.ReadAllLines(Repository.PathOf(Image));
        Assert.Multiple(() =>
        {
            Assert.That(lines.Last(line => line.StartsWith("FROM ", StringComparison.Ordinal)),
                Does.Contain("/aspnet:").And.Not.Contain(" AS "), "no SDK in what runs");
            Assert.That(lines, Has.One.StartsWith("USER $APP_UID"));
            Assert.That(lines, Has.One.StartsWith("HEALTHCHECK "));
            foreach (var source in lines.Where(line => line.StartsWith("COPY ", StringComparison.Ordinal)
                && !line.Contains("--from", StringComparison.Ordinal))
                .SelectMany(line => line.Split(' ')[1..^1]))
                Assert.That(Path.Exists(Repository.PathOf(source)), $"COPY {source}");
        });
    }

    private static List<JsonObject> Nodes() => [.. Yaml.Read(Compose)[0]["services"]!.AsObject()
        .Where(service => service.Key.StartsWith("hub", StringComparison.Ordinal)).Select(service => service.Value!.AsObject())];

    private static string Variable(JsonNode container, string name) =>
        container["env"]!.AsArray().Single(variable => variable!["name"]!.GetValue<string>() == name)!["value"]!.GetValue<string>();

    private static double Seconds(string text) => double.Parse(text.TrimEnd('s'), CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\b(?:Hub|ConnectionStrings)__\w+\b")]
    private static partial Regex SettingName();
}

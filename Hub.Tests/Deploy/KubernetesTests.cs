using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Realtime.Server.Telemetry;
using Realtime.Tests.Support;

namespace Realtime.Tests.Deploy;

/// <summary>Labels, ports and names in the files under <c>deploy/kubernetes/</c> fit together.</summary>
internal sealed class KubernetesTests
{
    public const string Hub = "deploy/kubernetes/hub.yaml";

    private const string Policy = "deploy/kubernetes/network-policy.yaml", Monitor = "deploy/kubernetes/service-monitor.yaml";

    private static readonly JsonNode Template = Of(Hub, "Deployment", "hub")["spec"]!["template"]!;
    private static readonly JsonNode Container = Template["spec"]!["containers"]!.AsArray().Single()!;
    private static readonly JsonNode PodLabels = Template["metadata"]!["labels"]!;
    private static readonly JsonNode Service = Of(Hub, "Service", "hub"), MetricsService = Of(Hub, "Service", "hub-metrics");
    private static readonly JsonNode NetworkPolicy = Of(Policy, "NetworkPolicy", "hub");
    private static readonly JsonNode ServiceMonitor = Of(Monitor, "ServiceMonitor", "hub");

    [Test]
    public void Every_selector_matches_the_pods() => Assert.Multiple(() =>
    {
        Assert.That(Matches(Of(Hub, "Deployment", "hub")["spec"]!["selector"]!["matchLabels"]!, PodLabels), "Deployment");
        Assert.That(Matches(Service["spec"]!["selector"]!, PodLabels), "Service");
        Assert.That(Matches(MetricsService["spec"]!["selector"]!, PodLabels), "Service for metrics");
        Assert.That(Matches(Of(Hub, "PodDisruptionBudget", "hub")["spec"]!["selector"]!["matchLabels"]!, PodLabels), "PodDisruptionBudget");
        Assert.That(Matches(NetworkPolicy["spec"]!["podSelector"]!["matchLabels"]!, PodLabels), "NetworkPolicy");
    });

    [Test]
    public void Pods_are_spread_over_machines_and_zones_those_of_a_new_version_by_themselves()
    {
        var constraints = Template["spec"]!["topologySpreadConstraints"]!.AsArray();
        Assert.That(constraints.Select(it => Text(it!["topologyKey"])),
            Is.EquivalentTo(["kubernetes.io/hostname", "topology.kubernetes.io/zone"]));
        Assert.Multiple(() =>
        {
            foreach (var constraint in constraints)
            {
                Assert.That(Matches(constraint!["labelSelector"]!["matchLabels"]!, PodLabels));
                Assert.That(Texts(constraint["matchLabelKeys"]), Is.EqualTo(["pod-template-hash"]));
            }
        });
    }

    [Test]
    public void The_services_lead_to_ports_of_the_pods_and_only_one_of_them_to_the_metrics() => Assert.Multiple(() =>
    {
        Assert.That(TargetsOf(Service), Is.EqualTo(["http"]), "what is exposed has no metrics");
        Assert.That(TargetsOf(MetricsService), Is.EqualTo(["metrics"]));
        Assert.That(Ports().Keys, Is.EquivalentTo(["http", "metrics"]));
        Assert.That(Text(Service["spec"]!["sessionAffinity"]), Is.EqualTo("None"));
        Assert.That(Text(MetricsService["spec"]!["clusterIP"]), Is.EqualTo("None"), "each pod is scraped");
        Assert.That(MetricsService["spec"]!["publishNotReadyAddresses"]!.GetValue<bool>(), "a node that drains is scraped");
    });

    [Test]
    public void The_addresses_in_the_settings_have_the_ports_of_the_pod()
    {
        var metrics = Variable("Hub__Metrics__Address");
        Assert.That(new MetricsValidator().Validate(null, new() { Address = metrics }).Succeeded, metrics);
        Assert.Multiple(() =>
        {
            Assert.That(BindingAddress.Parse(metrics).Host, Is.EqualTo("*"), "reachable from outside the pod, over IPv6 too");
            Assert.That(BindingAddress.Parse(metrics).Port, Is.EqualTo(Ports()["metrics"]));
            Assert.That(Variable("Hub__Node__Address"), Does.EndWith($":{Ports()["http"]}"));
            var image = File.ReadAllText(Repository.PathOf("deploy/Dockerfile"));
            Assert.That(image, Does.Contain($"ASPNETCORE_HTTP_PORTS={Ports()["http"]} "));
        });
    }

    [Test]
    public void Prometheus_finds_the_metrics_of_each_pod_where_a_node_serves_them()
    {
        var selector = ServiceMonitor["spec"]!["selector"]!["matchLabels"]!;
        var services = Yaml.Read(Hub).Where(it => Text(it["kind"]) == "Service" && Matches(selector, it["metadata"]!["labels"]!));
        Assert.That(services.Select(it => Text(it["metadata"]!["name"])), Is.EqualTo(["hub-metrics"]));
        var endpoint = ServiceMonitor["spec"]!["endpoints"]!.AsArray().Single()!;
        Assert.Multiple(() =>
        {
            Assert.That(MetricsService["spec"]!["ports"]!.AsArray().Select(it => Text(it!["name"])), Does.Contain(Text(endpoint["port"])));
            Assert.That(Text(endpoint["path"]), Is.EqualTo(MetricsListener.Path));
            var job = MetricsService["metadata"]!["labels"]![Text(ServiceMonitor["spec"]!["jobLabel"])];
            Assert.That(job, Is.Not.Null, "the alerts sum per job");
        });
    }

    [Test]
    public void The_network_lets_clients_and_nodes_reach_the_hub_and_only_Prometheus_the_metrics()
    {
        Assert.That(Texts(NetworkPolicy["spec"]!["policyTypes"]), Is.EqualTo(["Ingress"]));
        var rules = NetworkPolicy["spec"]!["ingress"]!.AsArray().Select(it => it!).ToList();
        // A rule without ports opens all of them.
        Assert.That(rules.Select(it => PortsOf(it).Count), Is.All.EqualTo(1));
        Assert.That(rules.SelectMany(PortsOf), Is.All.AnyOf([.. Ports().Keys]), "a port of the pod");
        Assert.Multiple(() =>
        {
            var open = rules.Where(it => it["from"] is null).SelectMany(PortsOf);
            Assert.That(open, Is.EqualTo(TargetsOf(Service)), "from anywhere: what the Service leads to, and nothing else");
            Assert.That(rules.Where(FromHub).SelectMany(PortsOf), Is.EqualTo(["http"]), "node to node");
            var scrapers = rules.Where(it => PortsOf(it)[0] == "metrics").ToList();
            Assert.That(scrapers, Has.Count.EqualTo(1));
            var scraper = scrapers[0]["from"]!.AsArray().Single()!;
            Assert.That(scraper["namespaceSelector"]!["matchLabels"]!.AsObject(), Is.Not.Empty);
            Assert.That(scraper["podSelector"]!["matchLabels"]!.AsObject(), Is.Not.Empty, "not every pod of that namespace");
        });

        // A pod selector alone means this namespace.
        static bool FromHub(JsonNode rule) => rule["from"] is JsonArray { Count: 1 } peers && peers[0] is { } peer
            && peer["namespaceSelector"] is null && Matches(peer["podSelector"]!["matchLabels"]!, PodLabels);
    }

    private static JsonNode Of(string file, string kind, string name) =>
        Yaml.Read(file).Single(it => Text(it["kind"]) == kind && Text(it["metadata"]!["name"]) == name);

    /// <summary>An empty selector would match everything, so it matches nothing here.</summary>
    private static bool Matches(JsonNode selector, JsonNode labels) => selector.AsObject().Count > 0
        && selector.AsObject().All(label => labels[label.Key] is { } value && Text(value) == Text(label.Value));

    private static Dictionary<string, int> Ports() =>
        Container["ports"]!.AsArray().ToDictionary(port => Text(port!["name"]), port => port!["containerPort"]!.GetValue<int>());

    private static List<string> TargetsOf(JsonNode service) =>
        [.. service["spec"]!["ports"]!.AsArray().Select(port => Text(port!["targetPort"]))];

    private static List<string> PortsOf(JsonNode rule) =>
        rule["ports"] is JsonArray ports ? [.. ports.Select(port => Text(port!["port"]))] : [];

    private static string Variable(string name) =>
        Text(Container["env"]!.AsArray().Single(variable => Text(variable!["name"]) == name)!["value"]);

    private static string Text(JsonNode? node) => node!.GetValue<string>();

    private static List<string> Texts(JsonNode? nodes) => [.. nodes!.AsArray().Select(Text)];
}

using System.Text;
using System.Text.Json;
using Realtime.Server.Dashboard;
using Realtime.Server.Dashboard.Demo;
using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Dashboard;

/// <summary>The replay of sample orders: the script in memory, and a real server that plays it to itself.</summary>
[CancelAfter(120_000)]
internal sealed class DemoTests
{
    [Test]
    public void Every_sample_order_names_its_customer_and_its_region()
    {
        var orders = DemoOrder.ReadAll();
        Assert.That(orders, Has.Count.EqualTo(300));
        Assert.That(orders.Select(order => order.Region).Distinct().Order(), Is.EqualTo(["central", "east", "south", "west"]));
        Assert.That(orders.Select(order => order.Customer).Distinct().Count(), Is.EqualTo(24));
        Assert.That(orders.Select(order => order.OrderId), Is.Unique);
        Assert.That(orders.Select(order => order.DaysToShip), Is.All.InRange(0, 7));
    }

    [Test]
    public void The_script_places_an_order_a_tick_ships_each_once_and_begins_again()
    {
        var orders = DemoOrder.ReadAll();
        var ticks = DemoScript.Play(orders).Take(3 * orders.Count).ToList();
        Assert.That(ticks.Select(events => events[0].Order), Is.EqualTo(Enumerable.Repeat(orders, 3).SelectMany(order => order)));
        var open = new HashSet<DemoOrder>();
        foreach (var happened in ticks.SelectMany(events => events))
        {
            if (happened.Type == "order.created") Assert.That(open.Add(happened.Order), "it was shipped before it is placed again");
            else Assert.That(open.Remove(happened.Order), "it was placed before it is shipped");
        }
        Assert.That(open, Has.Count.LessThan(20), "nothing is forgotten");
    }

    [TestCase("http://localhost:5080", "http://localhost:5080/")]
    [TestCase("http://0.0.0.0:80", "http://localhost/")]
    [TestCase("http://[::]:8080", "http://localhost:8080/")]
    [TestCase("http://[::1]:8080", "http://[::1]:8080/")]
    [TestCase("http://+:5000", "http://localhost:5000/")]
    [TestCase("https://localhost:5001;http://10.0.0.4:81", "http://10.0.0.4:81/")]
    [TestCase("https://localhost:5001", null)]
    [TestCase("http://unix:/run/hub.sock", null)]
    public void A_node_finds_where_it_reaches_itself(string addresses, string? expected) =>
        Assert.That(DemoAddress.Find(addresses.Split(';'))?.ToString(), Is.EqualTo(expected));

    [Test]
    public async Task A_customer_gets_its_orders_and_then_that_they_were_shipped_and_the_server_stops_cleanly(CancellationToken cancel)
    {
        await using var server = await StartAsync(
            new() { ["Hub:Demo:Enabled"] = "true", ["Hub:Demo:OrdersPerSecond"] = "50", ["Hub:Drain:Duration"] = "00:00:00.5" }, cancel);
        var first = DemoOrder.ReadAll()[0];
        await using var receiver = await EventStreamReceiver.ConnectAsync(server.Address, Tokens.For(first.Customer), "earliest", cancel);
        var items = await NotificationsAsync(receiver, item => item.GetProperty("type").GetString() == "order.shipped", cancel);
        Assert.Multiple(() =>
        {
            Assert.That(items[0].GetProperty("type").GetString(), Is.EqualTo("order.created"));
            Assert.That(items[0].GetProperty("orderId").GetString(), Is.EqualTo(first.OrderId));
            Assert.That(items[0].GetProperty("data").GetRawText(), Is.EqualTo(first.Placed.GetRawText()), "as it stands in the file");
            Assert.That(items[^1].GetProperty("orderId").GetString(), Is.EqualTo(first.OrderId));
        });

        await using var team = await EventStreamReceiver.ConnectAsync(
            server.Address, Tokens.For("team", [first.Region]), "earliest", cancel);
        var forTeam = await NotificationsAsync(team, _ => true, cancel);
        Assert.That(forTeam[0].GetProperty("topic").GetString(), Is.EqualTo($"group:{first.Region}"));
        Assert.That(forTeam[0].GetProperty("id")
            .GetString(), Is.EqualTo(items[0].GetProperty("id").GetString()), "one notification for both");

        await server.StopAsync();
        Assert.That(server.Output, Does.Not.Contain("warn:").And.Not.Contain("fail:"));
    }

    [Test]
    public async Task The_replay_waits_for_a_store_that_is_away_and_goes_on_without_a_hole_or_a_repeat(CancellationToken cancel)
    {
        var settings = new Dictionary<string, string?> { ["Hub:Demo:Enabled"] = "true", ["Hub:Demo:OrdersPerSecond"] = "100" };
        var away = true;
        await using var host = await PublishingHost.StartAsync(settings, extend: services => services.AddDashboard());
        var orders = DemoOrder.ReadAll();
        host.Log.Before = _ => away ? throw new LogUnavailableException("The test made it so.") : Task.CompletedTask;
        await Eventually.True("it has tried in vain", () => host.Log.Begun >= 2, cancel);
        var before = host.Log[Topic.Group("west")].Count;
        away = false;
        await Eventually.True("it goes on", () => host.Log[Topic.Group("west")].Count > before + 20, cancel);

        var west = host.Log[Topic.Group("west")].Select(it => JsonDocument.Parse("{" + Encoding.UTF8.GetString(it.Body.Span)).RootElement)
            .ToList();
        var placed = west.Where(it => it.GetProperty("type").GetString() == "order.created")
            .Select(it => it.GetProperty("orderId").GetString()).ToList();
        Assert.That(placed, Is.EqualTo(orders.Where(order => order.Region == "west").Select(order => order.OrderId).Take(placed.Count)));
    }

    [Test]
    public async Task Nothing_is_replayed_where_it_is_switched_off(CancellationToken cancel)
    {
        await using var server = await StartAsync(new() { ["Hub:Demo:Enabled"] = "false" }, cancel);
        await using var production = await TestServer.StartAsync(cancel: cancel);
        Assert.That(server.Output, Does.Not.Contain("Demo:"));
        Assert.That(production.Output, Does.Not.Contain("Demo:"));
        using var settings = JsonDocument.Parse(await server.Http.GetStringAsync(new Uri("/dashboard.json", UriKind.Relative), cancel));
        Assert.That(settings.RootElement.GetProperty("demo").GetBoolean(), Is.False);
        Assert.That(settings.RootElement.GetProperty("signIn").GetString(), Is.EqualTo("anybody"));
    }

    [Test]
    public async Task Outside_Development_the_page_knows_of_nobody_and_asks_for_a_token(CancellationToken cancel)
    {
        await using var server = await TestServer.StartAsync(cancel: cancel);
        Assert.That(
            await server.Http.GetStringAsync(new Uri("/dashboard.json", UriKind.Relative), cancel),
            Is.EqualTo("""{"signIn":"token","demo":false,"cluster":false,"customers":[],"regions":[]}"""));
    }

    private static Task<ServerProcess> StartAsync(Dictionary<string, string> settings, CancellationToken cancel) =>
        ServerProcess.StartAsync(
            new() { Settings = new Dictionary<string, string>(settings) { ["Hub:Auth:SigningKey"] = Tokens.SigningKey } }, cancel);

    /// <summary>All notifications up to and including the first one that matches.</summary>
    private static async Task<List<JsonElement>> NotificationsAsync(
        EventStreamReceiver receiver, Func<JsonElement, bool> isLast, CancellationToken cancel)
    {
        var items = new List<JsonElement>();
        while (await receiver.NextAsync(cancel) is { } item)
        {
            if (!item.IsNotification()) continue;
            items.Add(item);
            if (isLast(item)) return items;
        }
        throw new AssertionException("The stream ended too early.");
    }
}

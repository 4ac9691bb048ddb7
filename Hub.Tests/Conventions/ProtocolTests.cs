using System.Buffers;
using System.IO.Pipelines;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Realtime.Server.Delivery;
using Realtime.Server.Feed;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;
using Realtime.Server.OpenApi;
using Realtime.Server.Operations.Operators;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>
/// The tables of docs/PROTOCOL.md say what the code does. <see cref="ProtocolLimitTests"/> has the limits, <see cref="ProtocolRuns"/> the
/// commands.
/// </summary>
internal sealed class ProtocolTests
{
    private static readonly Document Protocol = new("docs/PROTOCOL.md");

    [Test]
    public void Its_addresses_are_those_that_the_server_maps() => Assert.That(
        Protocol.Table("address").Select(row => (Methods: InOrder(row[1]), Path: row[0].Trim('`'))), Is.EquivalentTo(MappedEndpoints.All));

    [Test]
    public void Its_operations_answer_with_the_statuses_of_the_OpenAPI_document() => Assert.That(
        Protocol.Table("operation").Select(row => string.Join(" | ", row)),
        Is.EqualTo(ApiOperations.All.Select(it => it.Operation)
            .Select(it => $"`{it.Method} {it.Path}` | {it.Success.Status} | {string.Join(' ', it.Refusals)}")));

    [Test]
    public void Its_statuses_mean_what_the_OpenAPI_document_says()
    {
        Assert.That(Protocol.Table("status").Select(row => (row[0], row[1])),
            Is.EqualTo(ApiStatuses.Meanings.Select(status => ($"{status.Key}", status.Value))));
        Assert.That(ApiOperations.All.SelectMany(it => it.Operation.Refusals).Concat(ApiStatuses.Everywhere).Distinct(),
            Is.EquivalentTo(ApiStatuses.Meanings.Keys));
    }

    [Test]
    public void Its_items_have_the_members_that_are_sent()
    {
        var rows = Protocol.Table("item")
            .ToDictionary(row => row[0], row => (Required: Document.SpansOf(row[1]), Optional: Document.SpansOf(row[2])));
        Assert.That(rows.Keys, Is.EquivalentTo(Enum.GetValues<FeedItemKind>().Select(kind => kind.ToString().ToLowerInvariant())));
        foreach (var kind in Enum.GetValues<FeedItemKind>())
        {
            var (required, optional) = rows[kind.ToString().ToLowerInvariant()];
            Assert.That(MembersOf(Item(kind)), Is.EqualTo(required.Concat(optional).OrderBy(member => member != "cursor")), $"{kind}");
        }
    }

    [Test]
    public void Its_events_are_those_that_are_sent()
    {
        var rows = Protocol.Table("event").ToDictionary(row => row[0].Trim('`'), row => row[1].Split(';', ':')[0]);
        foreach (var kind in Enum.GetValues<FeedItemKind>())
        {
            var pipe = new Pipe();
            new SseWriter(pipe.Writer, TimeProvider.System).Write(Item(kind));
            var name = SentOn(pipe).Split('\n')
                .FirstOrDefault(line => line.StartsWith("event: ", StringComparison.Ordinal))?["event: ".Length..] ?? "message";
            Assert.That(rows[name], Is.EqualTo(kind.ToString().ToLowerInvariant()));
        }
        Assert.That(rows, Has.Count.EqualTo(Enum.GetValues<FeedItemKind>().Length));
    }

    [Test]
    public void Its_reasons_of_gaps_are_the_servers() => Assert.That(
        Protocol.Table("gap reason").Select(row => row[0].Trim('`')), Is.EqualTo(Enum.GetValues<GapReason>().Select(WireNames.Of)));

    [Test]
    public void Its_reasons_of_closing_are_the_servers_with_the_waits_that_are_drawn()
    {
        var rows = Protocol.Table("closing reason")
            .ToDictionary(row => row[0].Trim('`'), row => row[2].Replace(",", "", StringComparison.Ordinal).Split(" to "));
        Assert.That(rows.Keys, Is.EqualTo(Enum.GetValues<CloseReason>().Select(WireNames.Of)));
        foreach (var reason in Enum.GetValues<CloseReason>())
        {
            var bounds = rows[WireNames.Of(reason)].Select(bound => TimeSpan.FromMilliseconds(int.Parse(bound, null))).ToList();
            var drawn = Enumerable.Range(0, 2000).Select(_ => WaitAfter(reason)).ToList();
            // Two thousand draws come close to both ends.
            var slack = (bounds[^1] - bounds[0]) / 20;
            Assert.That(drawn.Min(), Is.InRange(bounds[0], bounds[0] + slack), $"{reason}");
            Assert.That(drawn.Max(), Is.InRange(bounds[^1] - slack, bounds[^1]), $"{reason}");
        }
    }

    [Test]
    public void Its_methods_are_those_of_the_hubs()
    {
        var rows = Protocol.Table("hub")
            .Select(row => (Hub: row[0].Trim('`'), Method: row[1].Trim('`').Split('(')[0], IsSent: row[2] == "sent to the client"));
        Assert.That(rows, Is.EquivalentTo(MethodsOf<OrdersHub>("/hubs/orders", isSent: false)
            .Concat(MethodsOf<OperatorsHub>("/hubs/operators", isSent: false))
            .Concat(MethodsOf<IOperatorClient>("/hubs/operators", isSent: true))));
    }

    [Test]
    public void Its_example_items_are_items()
    {
        foreach (var line in Protocol.BlockOf("items").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Assert.That(Enum.GetValues<FeedItemKind>().Select(kind => MembersOf(Item(kind))), Has.Some.EqualTo(MembersOf(line)), line);
    }

    private static string InOrder(string methods) =>
        string.Join(' ', methods.Replace("`", "", StringComparison.Ordinal).Split(' ').Order(StringComparer.Ordinal));

    private static IEnumerable<(string Hub, string Method, bool IsSent)> MethodsOf<T>(string hub, bool isSent) => typeof(T)
        .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        .Where(method => method.GetBaseDefinition() == method).Select(method => (hub, method.Name, isSent));

    private static TimeSpan WaitAfter(CloseReason reason) => reason switch
    {
        CloseReason.Draining => ReconnectSchedule.Draining(),
        CloseReason.TooSlow => ReconnectSchedule.TooSlow().ReconnectIn,
        CloseReason.Unavailable => ReconnectSchedule.Unavailable().ReconnectIn,
        CloseReason.Limit => ReconnectSchedule.Limit().ReconnectIn,
        CloseReason.TokenExpired => ReconnectSchedule.TokenExpired.ReconnectIn,
        _ => TimeSpan.Zero,
    };

    private static CurrentItem Item(FeedItemKind kind)
    {
        var item = new CurrentItem(new CursorBuffer([Topic.User("u"), Topic.All], new CursorChoice()));
        return kind switch
        {
            FeedItemKind.Notification => item.AsNotification(Topic.All, new(new(1, 1), 0,
                "\"id\":\"i\",\"type\":\"t\",\"orderId\":\"o\",\"time\":\"2026-11-22T09:00:00Z\",\"data\":1,\"trace\":\"00\"}"u8.ToArray())),
            FeedItemKind.Gap => item.AsGap(Topic.All, new(1, 2, GapReason.Expired)),
            FeedItemKind.Closing => item.AsClosing(new(CloseReason.Draining, TimeSpan.FromSeconds(1))),
            _ => item.AsPosition(),
        };
    }

    private static List<string> MembersOf(CurrentItem item)
    {
        var output = new ArrayBufferWriter<byte>();
        ItemJson.Write(output, item);
        return MembersOf(Encoding.UTF8.GetString(output.WrittenSpan));
    }

    private static List<string> MembersOf(string json) =>
        [.. JsonDocument.Parse(json).RootElement.EnumerateObject().Select(member => member.Name)];

    private static string SentOn(Pipe pipe)
    {
        pipe.Writer.Complete();
        return pipe.Reader.TryRead(out var read) ? Encoding.UTF8.GetString(read.Buffer) : "";
    }
}

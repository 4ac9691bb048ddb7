using System.Globalization;
using System.Text.RegularExpressions;
using Realtime.Client;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>The tables of docs/clients.md say what both client libraries do. <see cref="ClientsPageRuns"/> has the snippets.</summary>
internal sealed partial class ClientsPageTests
{
    private const string Sources = "Hub.Client/typescript/src";

    private static readonly Document Clients = new("docs/clients.md");

    [Test]
    public void Its_limits_are_those_of_both_libraries()
    {
        var ts = Constants("limits.ts");
        (string Limit, string Net, string Browser)[] expected =
        [
            ("first item of a transport", Seconds(new OrderFeedOptions().ConnectTimeout),
                $"{ts["connectTimeoutMs"]} s, doubled up to {ts["longestConnectTimeoutMs"]} s while none carries"),
            ("silence after which a connection is dead", Seconds(FeedLimits.Silence), $"{ts["silenceMs"]} s"),
            ("bound of the first wait", Seconds(FeedLimits.FirstRetry), $"{ts["firstRetryMs"]} s"),
            ("bound of the longest wait", Seconds(FeedLimits.LongestRetry), $"{ts["longestRetryMs"]} s"),
            ("longest wait that the server may ask for", Seconds(FeedLimits.LongestAdvice), $"{ts["longestAdviceMs"]} s"),
            ("a connection that lasted so long was good", Seconds(FeedLimits.StableAfter), $"{ts["stableAfterMs"]} s"),
            ("a transport that failed is tried last for", Seconds(FeedLimits.PassOver), $"{ts["passOverMs"]} s"),
            ("silence that means \"caught up\"", Seconds(FeedLimits.CaughtUpAfter), $"{ts["caughtUpAfterMs"]} s"),
            ("one request to the API", Seconds(FeedLimits.Silence), $"{ts["silenceMs"]} s"),
            ("refreshed before the token ends, or at half of what is left", Seconds(FeedLimits.RefreshLead), $"{ts["refreshLeadMs"]} s"),
            ("shortest wait for a refresh", Seconds(FeedLimits.ShortestRefresh), $"{ts["shortestRefreshMs"]} s"),
            ("one refresh", Seconds(FeedLimits.RefreshPatience), $"{ts["refreshPatienceMs"]} s"),
            ("ids that are remembered to drop copies", $"{FeedLimits.RememberedIds:N0}", $"{ts["rememberedIds"] * 1000:N0}"),
            ("items that wait for the loop", $"{new OrderFeedOptions().BufferedItems:N0}", $"{ts["bufferedItems"] * 1000:N0}"),
            ("one question for a token", Seconds(new OrderFeedOptions().TokenTimeout), ""),
            ("look at the clocks, to notice sleep", Seconds(FeedLimits.Tick), ""),
            ("lateness that means sleep", Seconds(FeedLimits.SleptAfter), ""),
            ("answer to the test of a connection", Seconds(FeedLimits.LinkTest), ""),
            ("save of a position when the program or the feed ends", Seconds(FeedLimits.SavePatience), ""),
        ];
        Assert.That(Clients.Table("limit").Select(row => (row[0], row[1], row[2])), Is.EqualTo(expected));
    }

    [TestCase("winforms", "Hub.Tests/Targets/WinForms/OrdersWindow.cs")]
    [TestCase("nunit", "Hub.Tests/Client/Example/OrdersArriveTests.cs")]
    public void Its_examples_are_files_that_are_compiled(string block, string file) => Assert.That(
        File.ReadAllText(Repository.PathOf(file)).Replace("// The snippet of docs/clients.md; a test compares them.\n", "", StringComparison.Ordinal),
        Is.EqualTo(Clients.BlockOf(block)));

    [Test]
    public void Its_limit_of_connections_on_the_framework_is_the_librarys() => Assert.That(
        Clients.Text, Does.Contain($"| {FeedLimits.FrameworkConnections} at a time to the hub's host;"));

    [Test]
    public void Its_options_are_those_of_both_libraries()
    {
        var rows = Clients.Table("purpose");
        Assert.That(rows.SelectMany(row => Document.SpansOf(row[1].Split(';')[0])),
            Is.EquivalentTo(typeof(OrderFeedOptions).GetProperties().Select(option => option.Name)));
        var options = File.ReadAllText(Repository.PathOf($"{Sources}/options.ts")).Split("export interface OrderFeedOptions {")[1]
            .Split("\n}")[0];
        Assert.That(rows.SelectMany(row => Document.SpansOf(row[2].Split(';')[0])),
            Is.EquivalentTo(Option().Matches(options).Select(option => option.Groups[1].Value)));
    }

    [Test]
    public void Its_states_are_those_of_both_libraries()
    {
        var rows = Clients.Table("state");
        Assert.That(rows.SelectMany(row => Document.SpansOf(row[1])), Is.EquivalentTo(Enum.GetNames<FeedPhase>()));
        var status = File.ReadAllText(Repository.PathOf($"{Sources}/state.ts")).Split("export type Status = ")[1].Split(';')[0];
        Assert.That(rows.SelectMany(row => Document.SpansOf(row[2])), Is.EquivalentTo(status.Split(" | ").Select(text => text.Trim('"'))));
    }

    /// <summary>Constants of a file of limits, in thousands: seconds where they are milliseconds.</summary>
    private static Dictionary<string, decimal> Constants(string file) =>
        Constant().Matches(File.ReadAllText(Repository.PathOf($"{Sources}/{file}")))
            .ToDictionary(match => match.Groups[1].Value, match => Product(match.Groups[2].Value) / 1000);

    private static decimal Product(string text) => text.Replace("_", "", StringComparison.Ordinal).Split(" * ")
        .Aggregate(1m, (product, factor) => product * decimal.Parse(factor, CultureInfo.InvariantCulture));

    private static string Seconds(TimeSpan value) => string.Create(CultureInfo.InvariantCulture, $"{value.TotalSeconds} s");

    [GeneratedRegex(@"^export const (\w+) = ([\d_ *.]+);", RegexOptions.Multiline)]
    private static partial Regex Constant();

    [GeneratedRegex(@"^  readonly (\w+)\?:", RegexOptions.Multiline)]
    private static partial Regex Option();
}

using System.Globalization;
using System.Text.RegularExpressions;
using Realtime.Client;
using Realtime.Client.Feed;
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
        var ts = Constants("limits.ts").Concat(Constants("retry.ts")).ToDictionary();
        (string Limit, string Net, string Browser)[] expected =
        [
            ("first item of a transport", Seconds(new OrderFeedOptions().ConnectTimeout),
                $"{ts["carryLimitMs"][0]} s, doubled up to {ts["maxCarryLimitMs"][0]} s while none carries"),
            ("silence after which a connection is dead", Seconds(FeedLimits.Silence), $"{ts["watchdogMs"][0]} s"),
            ("bound of the first wait", Seconds(FeedLimits.FirstRetry), $"{ts["retryBoundsMs"][0]} s"),
            ("bound of the longest wait", Seconds(FeedLimits.LongestRetry), $"{ts["retryBoundsMs"][^1]} s"),
            ("longest wait that the server may ask for", Seconds(FeedLimits.LongestAdvice), $"{ts["maxServerWaitMs"][0]} s"),
            ("a connection that lasted so long was good", Seconds(FeedLimits.StableAfter), $"{ts["stableAfterMs"][0]} s"),
            ("a transport that failed is tried last for", Seconds(FeedLimits.PassOver), $"{ts["forgiveAfterMs"][0]} s"),
            ("silence that means \"caught up\"", Seconds(FeedLimits.CaughtUpAfter), $"{ts["quietMs"][0]} s"),
            ("one request to the API", Seconds(FeedLimits.Silence), $"{ts["requestLimitMs"][0]} s"),
            ("ids that are remembered to drop copies", $"{FeedLimits.RememberedIds:N0}", $"{ts["recentIds"][0] * 1000:N0}"),
            ("items that wait for the loop", $"{new OrderFeedOptions().BufferedItems:N0}", $"{BufferedItems():N0}"),
        ];
        Assert.That(Clients.Table("limit").Select(row => (row[0], row[1], row[2])), Is.EqualTo(expected));
    }

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
    private static Dictionary<string, decimal[]> Constants(string file) =>
        Constant().Matches(File.ReadAllText(Repository.PathOf($"{Sources}/{file}")))
        .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value.Trim('[', ']').Split(", ").Select(Product).ToArray());

    private static decimal Product(string text) =>
        text.Replace("_", "", StringComparison.Ordinal).Split(" * ")
            .Aggregate(1m, (product, factor) => product * decimal.Parse(factor, CultureInfo.InvariantCulture)) / 1000;

    private static decimal BufferedItems() =>
        Product(Buffered().Match(File.ReadAllText(Repository.PathOf($"{Sources}/options.ts"))).Groups[1].Value) * 1000;

    private static string Seconds(TimeSpan value) => string.Create(CultureInfo.InvariantCulture, $"{value.TotalSeconds} s");

    [GeneratedRegex(@"^export const (\w+)(?:: [^=]+)? = ([\d_ *.,\[\]]+);", RegexOptions.Multiline)]
    private static partial Regex Constant();

    [GeneratedRegex(@"^  readonly (\w+)\?:", RegexOptions.Multiline)]
    private static partial Regex Option();

    [GeneratedRegex(@"options\.bufferedItems \?\? ([\d_]+)")]
    private static partial Regex Buffered();
}

using System.Text.RegularExpressions;
using Realtime.Server.Delivery;
using Realtime.Server.Log.Redis;
using Realtime.Server.Log.Sqlite;
using Realtime.Server.Publishing;
using Realtime.Server.Security;
using Realtime.Tests.Deploy;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>The settings, defaults and limits that the README shows are the server's.</summary>
internal sealed partial class ReadmeNumbersTests
{
    /// <summary>Defaults that are worked out at the start, so that an options class cannot show them.</summary>
    private static readonly string[] WorkedOut = ["Hub:Node:Address", "Hub:Demo:Enabled", "Hub:Limits:Connections"];

    [Test]
    public void Its_settings_are_those_that_the_server_reads()
    {
        Assert.That(Readme.Table("setting").SelectMany(NamesIn), Is.EquivalentTo(KnownSettings.Defaults.Keys));
        var bound = Sources.Of("Hub.Server").SelectMany(file => Binding().Matches(file.Text)).Select(match => match.Groups["class"].Value).ToList();
        Assert.That(bound, Has.Count.GreaterThan(5));
        Assert.That(bound, Is.SubsetOf(KnownSettings.Classes), "options that the server binds");
    }

    [Test]
    public void Its_defaults_are_those_of_the_server() => Assert.Multiple(() =>
    {
        foreach (var row in Readme.Table("setting"))
        {
            var names = NamesIn(row);
            var defaults = row[1].Split(", ");
            for (var n = 0; n < names.Count; n++)
            {
                if (WorkedOut.Contains(names[n])) continue;
                var said = defaults.Length == names.Count ? defaults[n] : row[1];
                Assert.That(said.Split(" (")[0], Is.EqualTo(Write(KnownSettings.Defaults[names[n]])), names[n]);
            }
        }
    });

    [TestCase("body, or line of a batch", PublishLimits.BodyBytes, PublishLimits.BatchLines)]
    [TestCase("targets of one notification", PublishLimits.Users, PublishLimits.Groups)]
    [TestCase("groups in a token", CallerReader.MaxGroups)]
    [TestCase("page of history", 1, HistoryEndpoint.MaxLimit, HistoryEndpoint.DefaultLimit)]
    [TestCase("writes that wait for the store", WriteQueue.Capacity, 503, TestName = "Its_limit_of_writes_is_that_of_SQLite")]
    [TestCase("writes that wait for the store", RedisLogLimits.AppendsInFlight, 503, TestName = "Its_limit_of_writes_is_that_of_Redis")]
    public void Its_limits_are_those_of_the_server(string limit, params int[] numbers)
    {
        var said = Readme.Table("limit").Single(row => row[0] == limit)[1];
        Assert.That(Number().Matches(said).Select(match => match.Value), Is.EqualTo(numbers.Select(number => Write(number))));
    }

    [Test]
    public void The_limits_of_a_batch_that_stands_still_are_those_of_the_server()
    {
        var (limits, said) = (new BatchLimits(), Readme.Table("limit").Single(row => row[0].StartsWith("a batch whose client", StringComparison.Ordinal))[1]);
        Assert.That(said, Does.Contain($"after {Write(limits.Stall)};").And.Contain($"{limits.FileBytes / (1024.0 * 1024 * 1024)} GiB"));
    }

    /// <summary>The settings of a row; <c>…PerUser</c> is the one in front of it with that behind it.</summary>
    private static List<string> NamesIn(string[] row)
    {
        var names = new List<string>();
        foreach (var span in Readme.SpansOf(row[0])) names.Add(span.StartsWith('…') ? names[^1] + span[1..] : span);
        return names;
    }

    /// <summary>A value as the README writes it.</summary>
    private static string Write(object? value) => value switch
    {
        null or Array { Length: 0 } => "none",
        string text => $"`{text}`",
        TimeSpan { TotalDays: >= 1 } span => $"{span.TotalDays} days",
        TimeSpan span => $"{span.TotalSeconds} s",
        _ => $"{value:N0}",
    };

    [GeneratedRegex(@"AddSettings<(?<class>(?!TOptions)\w+)>|AddOptions<(?<class>(?!TOptions)\w+)>\(\)\.BindConfiguration")]
    private static partial Regex Binding();

    [GeneratedRegex(@"\d+(?:,\d+)*")]
    private static partial Regex Number();
}

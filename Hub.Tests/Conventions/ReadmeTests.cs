using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;
using Realtime.Server.Delivery;
using Realtime.Server.Log.Redis;
using Realtime.Server.Log.Sqlite;
using Realtime.Server.Publishing;
using Realtime.Server.Security;
using Realtime.Tests.Deploy;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>What the README says about this repository is so. <see cref="ReadmeRuns"/> runs what it tells its readers to run.</summary>
internal sealed partial class ReadmeTests
{
    private const int MostLines = 250;

    private static readonly string[] Snippets = ["tokens", "subscribe", "publish", "received", "resume", "csharp", "typescript", "eventsource"];

    /// <summary>Blocks without a name: commands that start or test everything, which other tests run. (A block without a language is a picture.)</summary>
    private static readonly string[] Starters = ["dotnet run --project Hub.Server", "deploy/three-nodes.sh", "deploy/test.sh"];

    /// <summary>Defaults that are worked out at the start, so that an options class cannot show them.</summary>
    private static readonly string[] WorkedOut = ["Hub:Node:Address", "Hub:Demo:Enabled"];

    [Test]
    public void It_can_be_read_in_one_go() => Assert.That(Readme.Text.Split('\n'), Has.Length.LessThanOrEqualTo(MostLines));

    [Test]
    public void Every_snippet_has_a_name_by_which_a_test_runs_it()
    {
        Assert.That(Readme.Blocks.Select(block => block.Name).Where(name => name != ""), Is.EqualTo(Snippets));
        Assert.That(Readme.Blocks.Where(block => block.Name == "" && block.Language != "").Select(block => block.Text.Split('#')[0].Trim()), Is.EqualTo(Starters));
    }

    [Test]
    public void Every_file_and_folder_that_it_names_exists()
    {
        Assert.That(Readme.Paths, Has.Count.GreaterThan(20));
        Assert.That(Readme.Paths.Where(path => !Path.Exists(Repository.PathOf(path))), Is.Empty);
    }

    [Test]
    public void Every_link_leads_somewhere()
    {
        var targets = Link().Matches(Readme.Text).Select(match => match.Groups[1].Value).Where(target => !target.Contains("://", StringComparison.Ordinal)).ToList();
        Assert.That(targets, Is.Not.Empty);
        Assert.That(targets.Where(target => !Path.Exists(Repository.PathOf(target.Split('#')[0]))), Is.Empty);
    }

    [TestCase("INotificationLog", "Hub.Server/Log/INotificationLog.cs")]
    [TestCase("NotificationLogContract", "Hub.Tests/Log/NotificationLogContract.cs")]
    [TestCase("LogRegistration", "Hub.Server/Log/LogRegistration.cs")]
    [TestCase("runtimeconfig.template.json", "Hub.Server/runtimeconfig.template.json")]
    [TestCase("compose.yaml", "deploy/compose.yaml")]
    [TestCase("node walk.mjs", "Hub.Tests/StockClients/walk.mjs")]
    public void What_it_calls_by_its_short_name_exists(string name, string path)
    {
        Assert.That(Readme.Text, Does.Contain($"`{name}`"));
        Assert.That(File.Exists(Repository.PathOf(path)), path);
    }

    [Test]
    public void Every_promise_is_proved_by_tests() => Assert.Multiple(() =>
    {
        Assert.That(Readme.Table("promise"), Has.Count.GreaterThan(5));
        foreach (var row in Readme.Table("promise"))
        {
            var paths = Readme.PathsIn(row[1]);
            Assert.That(paths, Is.Not.Empty, row[0]);
            foreach (var path in paths) Assert.That(TestsIn(path), Is.Positive, path);
        }
    });

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
    [TestCase("writes that wait for the store", WriteQueue.Capacity, 503)]
    [TestCase("writes that wait for the store", RedisLogLimits.AppendsInFlight, 503)]
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

    [TestCase("deploy/test.sh")]
    [TestCase("deploy/three-nodes.sh")]
    public async Task A_script_explains_itself(string script)
    {
        Requires.Command("bash");
        using var help = ChildProcess.Start(new ProcessStartInfo(Repository.PathOf(script), ["--help"]));
        Assert.That(await help.ExitAsync(TimeSpan.FromSeconds(20)), Is.Zero, help.Output);
        Assert.That(help.Output, Does.StartWith($"Usage: {script}"));
        if (script == "deploy/test.sh") Assert.That(help.Output, Does.Contain(Readme.Spans.Single(span => span == "--campaigns")));
    }

    [Test]
    public void The_filter_that_it_shows_finds_a_test()
    {
        var part = Filter().Match(Readme.Text).Groups[1].Value;
        var tests = typeof(ReadmeTests).Assembly.GetTypes().SelectMany(type => type.GetMethods())
            .Where(method => method.GetCustomAttribute<TestAttribute>() is not null || method.GetCustomAttributes<TestCaseAttribute>().Any());
        Assert.That(tests.Select(test => test.Name), Has.Some.Contains(part));
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

    /// <summary>How many tests a folder holds, or a file with all parts of its class.</summary>
    private static int TestsIn(string path)
    {
        var prefix = path.EndsWith(".cs", StringComparison.Ordinal) ? path[..^"cs".Length] : path.TrimEnd('/') + "/";
        return Sources.Of("Hub.Tests").Where(file => file.Path.StartsWith(prefix, StringComparison.Ordinal)).Sum(file => Test().Count(file.Text));
    }

    [GeneratedRegex(@"\]\(([^)]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\[(?:Test|TestCase|TestCaseSource)\b")]
    private static partial Regex Test();

    [GeneratedRegex(@"AddSettings<(?<class>(?!TOptions)\w+)>|AddOptions<(?<class>(?!TOptions)\w+)>\(\)\.BindConfiguration")]
    private static partial Regex Binding();

    [GeneratedRegex(@"\d+(?:,\d+)*")]
    private static partial Regex Number();

    [GeneratedRegex(@"--filter ""Name~(\w+)""")]
    private static partial Regex Filter();
}

using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>
/// What the README says about this repository is so. <see cref="ReadmeRuns"/> runs what it tells its readers to run. Files and links are
/// checked on every page.
/// </summary>
internal sealed partial class ReadmeTests
{
    private const int MostLines = 165;

    /// <summary>What looks like a path and is none: Kubernetes' name of the deployment.</summary>
    private static readonly string[] NoPaths = ["deploy/hub"];

    private static readonly string[] Snippets = ["tokens", "subscribe", "publish", "received", "resume", "csharp", "typescript",
        "eventsource"];

    /// <summary>
    /// Blocks without a name: commands that start or test everything, which other tests run. (A block without a language is a picture.)
    /// </summary>
    private static readonly string[] Starters = ["dotnet run --project Hub.Server", "deploy/three-nodes.sh", "deploy/test.sh"];

    [Test]
    public void It_can_be_read_in_one_go() => Assert.That(Readme.Text.Split('\n'), Has.Length.LessThanOrEqualTo(MostLines));

    [Test]
    public void Every_snippet_has_a_name_by_which_a_test_runs_it()
    {
        Assert.That(Readme.Blocks.Select(block => block.Name).Where(name => name != ""), Is.EqualTo(Snippets));
        Assert.That(Readme.Blocks.Where(block => block.Name == "" && block.Language != "").Select(block => block.Text.Split('#')[0].Trim()),
            Is.EqualTo(Starters));
    }

    [Test]
    public void It_shows_where_things_are() => Assert.That(Readme.Paths, Has.Count.GreaterThan(20));

    [TestCaseSource(nameof(Documents))]
    public void Every_file_and_folder_that_is_named_exists(string document) =>
        Assert.That(new Document(document).Paths.Where(path => !Path.Exists(Repository.PathOf(path)) && !NoPaths.Contains(path)), Is.Empty);

    [Test]
    public void It_leads_to_every_page() =>
        Assert.That(Documents().Where(page => page != "README.md" && !page.StartsWith("docs/decisions/", StringComparison.Ordinal)),
            Is.All.Matches<string>(page => Readme.Text.Contains($"]({page})", StringComparison.Ordinal)));

    [TestCaseSource(nameof(Documents))]
    public void Every_link_leads_somewhere(string document)
    {
        var path = Repository.PathOf(document);
        var targets = Link().Matches(File.ReadAllText(path)).Select(match => match.Groups[1].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal));
        Assert.That(targets.Where(target => !Path.Exists(Path.Combine(Path.GetDirectoryName(path)!, target.Split('#')[0]))), Is.Empty);
    }

    [TestCaseSource(nameof(Documents))]
    public void Every_link_into_a_page_leads_to_a_heading(string document)
    {
        var folder = Path.GetDirectoryName(Repository.PathOf(document))!;
        var targets = Link().Matches(File.ReadAllText(Repository.PathOf(document))).Select(match => match.Groups[1].Value)
            .Where(target => target.Contains('#', StringComparison.Ordinal) && !target.Contains("://", StringComparison.Ordinal))
            .Select(target => target.Split('#'));
        foreach (var target in targets)
        {
            var page = target[0] == "" ? Repository.PathOf(document) : Path.Combine(folder, target[0]);
            Assert.That(Heading().Matches(File.ReadAllText(page))
                .Select(heading => heading.Groups[1].Value.ToLowerInvariant().Replace(' ', '-')), Has.Member(target[1]));
        }
    }

    /// <summary>Every page can be found: the README leads to the list of decisions, and that to each of them.</summary>
    [Test]
    public void Every_decision_is_listed()
    {
        var list = File.ReadAllText(Repository.PathOf("docs/decisions/README.md"));
        var pages = Documents().Where(page => page.StartsWith("docs/decisions/", StringComparison.Ordinal)).Select(Path.GetFileName)
            .Where(page => page != "README.md");
        Assert.That(pages, Is.Not.Empty.And.All.Matches<string>(page => list.Contains($"]({page})", StringComparison.Ordinal)));
    }

    [TestCase("INotificationLog", "Hub.Server/Log/INotificationLog.cs")]
    [TestCase("NotificationLogContract", "Hub.Tests/Log/NotificationLogContract.cs")]
    [TestCase("Deployment", "Hub.Server/Operations/Deployment.cs")]
    [TestCase("Operations/Deployment.cs", "Hub.Server/Operations/Deployment.cs")]
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
            .Where(method =>
                method.GetCustomAttribute<TestAttribute>() is not null || method.GetCustomAttributes<TestCaseAttribute>().Any());
        Assert.That(tests.Select(test => test.Name), Has.Some.Contains(part));
    }

    /// <summary>Every page of the documentation, by its path.</summary>
    public static IEnumerable<string> Documents() =>
    [
        "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "deploy/RUNBOOK.md",
        .. Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Repository.Root, path)),
    ];

    /// <summary>How many tests a folder holds, or a file with all parts of its class.</summary>
    private static int TestsIn(string path)
    {
        var prefix = path.EndsWith(".cs", StringComparison.Ordinal) ? path[..^"cs".Length] : path.TrimEnd('/') + "/";
        return Sources.Of("Hub.Tests").Where(file => file.Path.StartsWith(prefix, StringComparison.Ordinal))
            .Sum(file => Test().Count(file.Text));
    }

    [GeneratedRegex(@"\]\(([^)]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\[(?:Test|TestCase|TestCaseSource)\b")]
    private static partial Regex Test();

    [GeneratedRegex(@"--filter ""Name~(\w+)""")]
    private static partial Regex Filter();
}

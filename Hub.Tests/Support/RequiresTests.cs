using System.Text.RegularExpressions;

namespace Realtime.Tests.Support;

/// <summary>One rule for tests that lack something, in one place.</summary>
internal sealed partial class RequiresTests
{
    private const string Rule = "Hub.Tests/Support/Requires.cs";

    [Test]
    public void A_test_that_lacks_something_fails_on_CI() => Assert.That(
        () => Requires.Lacks("no redis-server", onBuildServer: true),
        Throws.TypeOf<AssertionException>().With.Message.EqualTo("CI must run this test: no redis-server."));

    [Test]
    public void Elsewhere_it_is_ignored_with_the_reason() => Assert.That(
        () => Requires.Lacks("no redis-server", onBuildServer: false),
        Throws.TypeOf<IgnoreException>().With.Message.EqualTo("Not run: no redis-server."));

    [Test]
    public void No_test_has_a_rule_of_its_own() => Assert.That(
        from file in Sources.Of("Hub.Tests")
        where file.Path != Rule && file.Path != "Hub.Tests/Support/RequiresTests.cs" && OwnRule().IsMatch(file.Text)
        select file.Path, Is.Empty, $"call {nameof(Requires)}.{nameof(Requires.Lacks)} instead");

    [Test]
    public void The_pattern_finds_the_rule_itself() => Assert.That(OwnRule().IsMatch(File.ReadAllText(Repository.PathOf(Rule))));

    [Test]
    public void The_pages_say_it() => Assert.Multiple(() =>
    {
        foreach (var page in (string[])[".ci/run", "deploy/test.sh", "CONTRIBUTING.md"])
        {
            var text = WhiteSpace().Replace(File.ReadAllText(Repository.PathOf(page)), " ");
            Assert.That(text, Does.Contain("a test that lacks something (a program, a").IgnoreCase.And.Contain("CI=true"), page);
        }
    });

    [GeneratedRegex("""Assert\.(Ignore|Inconclusive)\(|Assume\.|\[(.*, )?(Ignore|Explicit|Platform)\b|Variable\("CI"\)""")]
    private static partial Regex OwnRule();

    // A comment of a script goes on after a number sign.
    [GeneratedRegex(@"\s+(# )?")]
    private static partial Regex WhiteSpace();
}

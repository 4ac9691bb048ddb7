using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>Commands of the documentation that no test runs, because they start or test everything, name what exists.</summary>
[TestFixtureSource(typeof(ReadmeTests), nameof(ReadmeTests.Documents))]
internal sealed partial class DocumentCommandTests(string document)
{
    private readonly string _text = new Document(document).Text;

    [Test]
    public void Its_npm_scripts_are_in_their_package() => Assert.Multiple(() =>
    {
        foreach (Match command in Npm().Matches(_text))
        {
            var package = JsonDocument.Parse(File.ReadAllText(Repository.PathOf(command.Groups["folder"].Value + "/package.json")));
            Assert.That(package.RootElement.GetProperty("scripts").TryGetProperty(command.Groups["script"].Value, out _), command.Value);
        }
    });

    [Test]
    public void Its_filters_find_a_test() => Assert.Multiple(() =>
    {
        foreach (Match filter in Filter().Matches(_text))
            Assert.That(Tests()
                .Select(test => $"{test.DeclaringType}.{test.Name}"), Has.Some.Contains(filter.Groups["part"].Value), filter.Value);
    });

    private static IEnumerable<MethodInfo> Tests() => typeof(DocumentCommandTests).Assembly.GetTypes().SelectMany(type => type.GetMethods())
        .Where(method => method.GetCustomAttributes<TestAttribute>().Any() || method.GetCustomAttributes<TestCaseAttribute>().Any());

    [GeneratedRegex(@"npm --prefix (?<folder>[\w./-]+) (?:run )?(?<script>(?!ci\b|install\b|run\b)\w+)")]
    private static partial Regex Npm();

    [GeneratedRegex(@"--filter ""(?:Name|FullyQualifiedName)~(?<part>\w+)""")]
    private static partial Regex Filter();
}

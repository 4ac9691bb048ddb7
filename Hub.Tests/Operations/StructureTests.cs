using System.Text.RegularExpressions;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations;

/// <summary>Folders are the stages of the flow, and references go one way.</summary>
internal sealed partial class StructureTests
{
    private static readonly List<(string Path, string Text)> Server = [.. Sources.Of("Hub.Server")];

    /// <summary>What a stage must not know: everything behind it in the flow, and every door in front of it.</summary>
    [TestCase("Notifications", "Log", "Backplane", "Feed", "Publishing", "Delivery", "Routing", "Security", "Operations", "Dashboard", "Redis")]
    [TestCase("Log", "Feed", "Publishing", "Delivery", "Routing", "Security", "Dashboard")]
    [TestCase("Backplane", "Feed", "Publishing", "Delivery", "Routing", "Security", "Dashboard")]
    [TestCase("Feed", "Publishing", "Delivery", "Routing", "Security", "Dashboard", "Redis")]
    [TestCase("Publishing", "Feed", "Delivery", "Routing", "Dashboard", "Redis")]
    [TestCase("Delivery", "Publishing", "Dashboard", "Redis")]
    [TestCase("Security", "Log", "Backplane", "Feed", "Publishing", "Delivery", "Routing", "Dashboard")]
    public void A_stage_never_reaches_forward(string stage, params string[] others)
    {
        var files = Server.Where(file => file.Path.StartsWith($"Hub.Server/{stage}/", StringComparison.Ordinal)).ToList();
        Assert.That(files, Is.Not.Empty);
        foreach (var other in others)
        {
            Assert.That(
                files.Where(file => Regex.IsMatch(file.Text, $@"Realtime\.Server\.{other}\b")).Select(file => file.Path), Is.Empty, $"{stage} must not know {other}");
        }
    }

    [Test]
    public void A_file_is_in_the_namespace_of_its_folder()
    {
        foreach (var (path, text) in Server)
        {
            if (path == "Hub.Server/Program.cs") continue;
            var folder = path["Hub.Server/".Length..path.LastIndexOf('/')].Replace('/', '.');
            Assert.That(text, Does.Contain($"namespace Realtime.Server.{folder};"), path);
        }
    }

    [Test]
    public void Files_stay_small_enough_to_be_read()
    {
        var lengths = Server.Select(file => (file.Path, Lines: file.Text.Count(unit => unit == '\n'))).OrderBy(file => file.Lines).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(lengths[^1].Lines, Is.LessThanOrEqualTo(300), lengths[^1].Path);
            Assert.That(lengths[lengths.Count * 9 / 10].Lines, Is.LessThan(200), lengths[lengths.Count * 9 / 10].Path);
            Assert.That(lengths.Single(file => file.Path == "Hub.Server/Program.cs").Lines, Is.LessThanOrEqualTo(80));
        });
    }

    [Test]
    public void Types_are_sealed_and_internal()
    {
        foreach (var (path, text) in Server)
        {
            Assert.That(PublicType().IsMatch(text), Is.False, $"{path} has a public type");
            Assert.That(OpenClass().IsMatch(text), Is.False, $"{path} has a class that is neither sealed, static nor abstract");
        }
    }

    [GeneratedRegex(@"^public [\w ]*\b(class|record|struct|interface|enum)\b", RegexOptions.Multiline)]
    private static partial Regex PublicType();

    [GeneratedRegex(@"^ *(internal|private) (partial )?(class|record (?!struct))", RegexOptions.Multiline)]
    private static partial Regex OpenClass();
}

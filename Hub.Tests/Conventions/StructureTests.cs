using System.Text.RegularExpressions;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>Folders are the stages of the flow, and references go one way.</summary>
[TestFixtureSource(nameof(Houses))]
internal sealed partial class StructureTests(House house)
{
    private const int MostFilesInFolder = 18, MostLines = 300, MostLinesOfNineInTen = 200, MostLinesOfProgram = 80;

    private List<(string Path, string Text)> _files = null!;
    private SourceGraph _graph = null!;

    /// <summary>Every folder of each project, from the bottom up: a folder knows only folders on lower floors, and its own wings.</summary>
    private static readonly House[] Houses =
    [
        new("Hub.Server",
            ["Notifications"],
            ["Node"],
            ["Http", "Telemetry"],
            ["Redis"],
            ["Backplane", "Security", "Connections"],
            ["Log"],
            ["Feed", "Publishing"],
            ["Routing"],
            ["Delivery", "Dashboard"],
            ["OpenApi", "Operations"]),
        new("Hub.Client",
            ["Compatibility", "Cursors"],
            ["Feed"]),
        new("Hub.Compare",
            ["Measuring", "Peers", "Wire"],
            ["Load"],
            ["Server"],
            ["Contenders"],
            ["Scenarios"],
            ["Statistics"],
            ["Report"]),
    ];

    [OneTimeSetUp]
    public void ReadSources()
    {
        _files = [.. Sources.WithoutSamplesOf(house.Project).Select(file => (file.Path[(house.Project.Length + 1)..], file.Text))];
        _graph = SourceGraph.Of(house.Project);
    }

    [Test]
    public void Every_folder_is_on_a_floor_and_every_floor_is_there()
    {
        var stages = _graph.Files.Select(StageOf).Where(stage => stage.Length > 0).Distinct();
        Assert.That(house.Floors.SelectMany(floor => floor), Is.EquivalentTo(stages));
    }

    [Test]
    public void A_folder_knows_only_folders_on_lower_floors() => Assert.That(
        from file in _graph.Files
        from other in _graph.ReferencesOf(file)
        let stages = (From: StageOf(file), To: StageOf(other))
        where stages.From.Length > 0 && stages.To.Length > 0 && stages.From != stages.To
            && house.FloorOf(stages.To) >= house.FloorOf(stages.From)
        select $"{file} -> {other}", Is.Empty);

    [Test]
    public void No_folders_refer_to_each_other_but_a_wing_and_its_door()
    {
        var references = _graph.Files
            .SelectMany(file => _graph.ReferencesOf(file).Select(other => (From: FolderOf(file), To: FolderOf(other))))
            .Where(it => it.From != it.To && !IsWingOf(it.From, it.To))
            .ToLookup(it => it.From, it => it.To);
        Assert.That(SourceGraph.CyclesAmong(_graph.Files.Select(FolderOf).Distinct(), folder => references[folder]), Is.Empty);
    }

    [Test]
    public void No_files_refer_to_each_other_but_those_of_a_wing_and_its_door() => Assert.That(
        SourceGraph.CyclesAmong(_graph.Files, file => _graph.ReferencesOf(file).Where(other => !IsWingOf(FolderOf(file), FolderOf(other)))),
        Is.Empty);

    [Test]
    public void A_folder_is_small_enough_to_be_looked_over() => Assert.That(
        _graph.Files.GroupBy(FolderOf).Where(folder => folder.Count() > MostFilesInFolder)
        .Select(folder => $"{folder.Key}: {folder.Count()}"), Is.Empty);

    [Test]
    public void A_file_is_in_the_namespace_of_its_folder()
    {
        var root = house.Project.Replace("Hub", "Realtime", StringComparison.Ordinal);
        foreach (var (path, text) in _files.Where(file => Namespace().IsMatch(file.Text) && !IsPublicOfClient(file.Path)))
            Assert.That(text,
                Does.Contain($"namespace {string.Join('.', [root, .. FolderOf(path).Split('/', StringSplitOptions.RemoveEmptyEntries)])};"),
                path);
    }

    [Test]
    public void Files_are_small_enough_to_be_read()
    {
        var lengths = _files.Select(file => (file.Path, Lines: file.Text.Count(unit => unit == '\n'))).OrderBy(file => file.Lines).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(lengths[^1].Lines, Is.LessThanOrEqualTo(MostLines), lengths[^1].Path);
            Assert.That(lengths[lengths.Count * 9 / 10].Lines, Is.LessThan(MostLinesOfNineInTen), lengths[lengths.Count * 9 / 10].Path);
            Assert.That(lengths.Where(file => file.Path == "Program.cs" && file.Lines > MostLinesOfProgram), Is.Empty);
        });
    }

    [Test]
    public void Types_are_sealed_and_internal()
    {
        foreach (var (path, text) in _files)
        {
            Assert.That(house.IsLibrary || !PublicType().IsMatch(text), $"{path} has a public type");
            Assert.That(OpenClass().IsMatch(text), Is.False, $"{path} has a class that is neither sealed, static nor abstract");
        }
    }

    private static string FolderOf(string file) => file.LastIndexOf('/') is var end and > 0 ? file[..end] : "";

    private static string StageOf(string file) => file.IndexOf('/', StringComparison.Ordinal) is var end and > 0 ? file[..end] : "";

    /// <summary>
    /// Whether a folder lies within another one. All lie within the project's own, where its public types and its first file are.
    /// </summary>
    private static bool IsWingOf(string folder, string door) =>
        folder != door && (door.Length == 0 || folder.StartsWith(door + "/", StringComparison.Ordinal));

    /// <summary>What users of the library name lies in its one namespace, whatever the folder.</summary>
    private bool IsPublicOfClient(string path) =>
        house.IsLibrary && _files.Any(file => file.Path == path && PublicType().IsMatch(file.Text));

    [GeneratedRegex("^namespace ", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^public [\w ]*\b(class|record|struct|interface|enum)\b", RegexOptions.Multiline)]
    private static partial Regex PublicType();

    [GeneratedRegex(@"^ *(internal|private) (partial )?(class|record (?!struct))", RegexOptions.Multiline)]
    private static partial Regex OpenClass();
}

/// <summary>A project and the floors of its folders, from the bottom up.</summary>
internal sealed record House(string Project, params string[][] Floors)
{
    /// <summary>Others refer to it: it has public types.</summary>
    public bool IsLibrary => Project == "Hub.Client";

    public int FloorOf(string stage) => Array.FindIndex(Floors, floor => floor.Contains(stage));

    public override string ToString() => Project;
}

using System.Globalization;
using System.Text.RegularExpressions;
using Realtime.Compare;
using Realtime.Compare.Contenders;
using Realtime.Compare.Measuring;
using Realtime.Compare.Report;
using Realtime.Tests.Conventions;

namespace Realtime.Tests.Compare;

/// <summary>The figures of docs/transports.md are what the program writes as comparison.md, without edits.</summary>
internal sealed partial class ReadmeSectionTests
{
    private static readonly Document Transports = new("docs/transports.md");

    /// <summary>Each table with its head and the command that stands before it.</summary>
    private static IReadOnlyList<(string[] Head, List<string[]> Rows, string Options)> Tables =>
    [
        .. Table().Matches(Transports.Text).Select(table =>
        {
            var rows = table.Value.Trim().Split('\n')
                .Select(row => row.Trim('|').Split('|').Select(cell => cell.Trim()).ToArray()).ToList();
            var command = Command().Matches(Transports.Text).Last(one => one.Index < table.Index);
            return (rows[0], rows[2..], command.Groups["options"].Value);
        }),
    ];

    [Test]
    public void Its_commands_are_commands_with_a_date()
    {
        var commands = Command().Matches(Transports.Text);
        Assert.That(commands, Has.Count.EqualTo(3), "beside plain SignalR, one server, and several nodes");
        foreach (Match command in commands)
        {
            var parsed = CommandLine.Create((_, _) => Task.FromResult(0)).Parse(command.Groups["options"].Value);
            Assert.That(parsed.Errors, Is.Empty, command.Value);
            Assert.That(
                DateOnly.TryParseExact(
                    command.Groups["date"].Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _), command.Value);
        }
    }

    [Test]
    public async Task Its_tables_have_every_contender_of_their_commands_and_the_programs_own_rows()
    {
        Assert.That(Tables, Has.Count.EqualTo(2), "beside plain SignalR, and one server");
        foreach (var (head, rows, given) in Tables)
        {
            Realtime.Compare.CompareOptions? options = null;
            await CommandLine.Create((parsed, _) =>
            {
                options = parsed;
                return Task.FromResult(0);
            }).Parse(given).InvokeAsync();
            var contenders = AllContenders.WithPeers.Where(contender => AllContenders.All.Contains(contender)
                ? options!.Transports.Contains(contender.Name)
                : options!.Beside.Contains(contender.Server.Name));
            Assert.That(head, Is.EqualTo(contenders.Select(contender => contender.Name).Prepend("figure")));
            var titles = rows.Select(row => row[0]).ToList();
            Assert.That(titles, Is.Not.Empty.And.Unique);
            Assert.That(titles, Is.SubsetOf(MarkdownTable.Rows.Select(row => MarkdownTable.Title(row.Scenario, row.Figure))));
            Assert.That(rows, Has.All.Length.EqualTo(head.Length));
        }
        Assert.That(Tables[1].Head, Is.EqualTo(AllContenders.All.Select(contender => contender.Name).Prepend("figure")));
        Assert.That(Tables[1].Rows, Has.Count.GreaterThan(5));
    }

    [Test]
    public void It_opens_with_what_plain_SignalR_fails_at_and_the_hub_does_not()
    {
        Assert.That(Transports.Text.IndexOf("| figure |", StringComparison.Ordinal),
            Is.LessThan(Transports.Text.IndexOf("| transport |", StringComparison.Ordinal)));
        var (head, rows, _) = Tables[0];
        Assert.That(head, Has.Exactly(3).StartsWith("Stock"));
        foreach (var (scenario, figure) in new[] { ("no-affinity", Figure.FailedConnects), ("cut", Figure.LostAtCut) })
        {
            var row = rows.Single(row => row[0] == MarkdownTable.Title(scenario, figure));
            foreach (var (name, cell) in head.Zip(row).Skip(1))
                Assert.That(Number(cell), name.StartsWith("Stock", StringComparison.Ordinal) ? Is.GreaterThan(20) : Is.Zero, name);
        }
    }

    [Test]
    public void Its_ratios_are_those_of_its_medians() => Assert.Multiple(() =>
    {
        var ratios = 0;
        foreach (var row in Tables.SelectMany(table => table.Rows))
        {
            foreach (var cell in row.Skip(2).Where(cell => cell.Contains('×', StringComparison.Ordinal)))
            {
                ratios++;
                var parts = cell.Split(" ×");
                Assert.That(Number(parts[1]), Is.EqualTo(Number(parts[0]) / Number(row[1])).Within(2).Percent, $"{row[0]}: {cell}");
            }
        }
        Assert.That(ratios, Is.GreaterThan(5));
    });

    /// <summary>A figure, without the signs that may stand after it.</summary>
    private static double Number(string cell) =>
        double.Parse(cell.TrimEnd(' ', '=', '?'), NumberStyles.Number, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"`dotnet run -c Release --project Hub\.Compare(?: -- (?<options>[^`]*))?`[^0-9`]*(?<date>\d{4}-\d\d-\d\d)")]
    private static partial Regex Command();

    [GeneratedRegex(@"^\| figure \|.*\n(\|.*\n)+", RegexOptions.Multiline)]
    private static partial Regex Table();
}

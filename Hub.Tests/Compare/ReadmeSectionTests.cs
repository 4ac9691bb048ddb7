using System.Globalization;
using System.Text.RegularExpressions;
using Realtime.Compare;
using Realtime.Compare.Contenders;
using Realtime.Compare.Report;
using Realtime.Tests.Conventions;

namespace Realtime.Tests.Compare;

/// <summary>The figures of docs/transports.md are what the program writes as comparison.md, without edits.</summary>
internal sealed partial class ReadmeSectionTests
{
    private static readonly Document Transports = new("docs/transports.md");

    [Test]
    public void Its_commands_are_commands_with_a_date()
    {
        var commands = Command().Matches(Transports.Text);
        Assert.That(commands, Has.Count.EqualTo(2), "one server, and several nodes");
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
    public void Its_table_has_every_contender_and_the_programs_own_rows()
    {
        Assert.That(
            Transports.Text, Does.Contain($"| figure | {string.Join(" | ", AllContenders.All.Select(contender => contender.Name))} |"));
        var titles = Transports.Table("figure").Select(row => row[0]).ToList();
        Assert.That(titles, Has.Count.GreaterThan(5).And.Unique);
        Assert.That(titles, Is.SubsetOf(MarkdownTable.Rows.Select(row => MarkdownTable.Title(row.Scenario, row.Figure))));
    }

    [Test]
    public void Its_ratios_are_those_of_its_medians() => Assert.Multiple(() =>
    {
        var ratios = 0;
        foreach (var row in Transports.Table("figure"))
        {
            var reference = Number(row[1]);
            foreach (var cell in row.Skip(2).Where(cell => cell.Contains('×', StringComparison.Ordinal)))
            {
                ratios++;
                var parts = cell.Split(" ×");
                Assert.That(Number(parts[1]), Is.EqualTo(Number(parts[0]) / reference).Within(2).Percent, $"{row[0]}: {cell}");
            }
        }
        Assert.That(ratios, Is.GreaterThan(5));
    });

    private static double Number(string cell) => double.Parse(cell, NumberStyles.Number, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"`dotnet run -c Release --project Hub\.Compare(?: -- (?<options>[^`]*))?`[^0-9`]*(?<date>\d{4}-\d\d-\d\d)")]
    private static partial Regex Command();
}

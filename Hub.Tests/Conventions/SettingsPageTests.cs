using System.Globalization;
using System.Text.RegularExpressions;
using Realtime.Tests.Deploy;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>docs/settings.md shows every setting with the default and the range of its options class.</summary>
internal sealed partial class SettingsPageTests
{
    private static readonly Document Settings = new("docs/settings.md");

    /// <summary>Defaults that are worked out at the start, so that an options class cannot show them.</summary>
    private static readonly string[] WorkedOut = ["Hub:Node:Address", "Hub:Demo:Enabled", "Hub:Limits:Connections"];

    private static IEnumerable<string> Names => Settings.Table("setting").Select(row => row[0].Trim('`'));

    [Test]
    public void It_has_the_settings_that_the_server_reads_and_no_others()
    {
        Assert.That(Names, Is.EquivalentTo(KnownSettings.Defaults.Keys));
        var bound = Sources.Of("Hub.Server").SelectMany(file => Binding().Matches(file.Text)).Select(match => match.Groups["class"].Value)
            .ToList();
        Assert.That(bound, Has.Count.GreaterThan(5));
        Assert.That(bound, Is.SubsetOf(KnownSettings.Classes), "options that the server binds");
    }

    [TestCaseSource(nameof(Names))]
    public void It_shows_the_default_and_the_range_of_a(string setting)
    {
        var row = Settings.Table("setting").Single(it => it[0].Trim('`') == setting);
        Assert.That(row, Has.Length.EqualTo(5));
        if (!WorkedOut.Contains(setting)) Assert.That(row[2], Is.EqualTo(Write(KnownSettings.Defaults[setting])));
        if (KnownSettings.Ranges[setting] is { } range) Assert.That(row[3],
            Is.EqualTo($"{Write(range.Minimum)} to {Write(range.Maximum)}"));
    }

    /// <summary>A value as the page writes it. Bounds of durations are texts.</summary>
    private static string Write(object? value) => value switch
    {
        null or Array { Length: 0 } => "none",
        string duration when Duration().IsMatch(duration) => duration,
        string text => $"`{text}`",
        TimeSpan { TotalDays: >= 1 } span => $"{span.TotalDays} days",
        TimeSpan span => $"{span.TotalSeconds} s",
        double number => number.ToString(CultureInfo.InvariantCulture),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value:N0}"),
    };

    [GeneratedRegex(@"AddSettings<(?<class>(?!TOptions)\w+)>|AddOptions<(?<class>(?!TOptions)\w+)>\(\)\.BindConfiguration")]
    private static partial Regex Binding();

    [GeneratedRegex(@"^[\d.:]+$")]
    private static partial Regex Duration();
}

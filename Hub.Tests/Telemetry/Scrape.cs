using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Realtime.Tests.Support;

namespace Realtime.Tests.Telemetry;

/// <summary>What a node shows at <c>/metrics</c> at one moment.</summary>
internal sealed partial class Scrape
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });

    private readonly List<Series> _series;

    private Scrape(string text)
    {
        Text = text;
        _series = [.. Line().Matches(text).Select(Series.Of)];
    }

    public string Text { get; }

    public IReadOnlyList<Series> All => _series;

    /// <summary>The types by name, as the comments before the series say.</summary>
    public IReadOnlyDictionary<string, string> Types =>
        TypeLine().Matches(Text).ToDictionary(match => match.Groups["name"].Value, match => match.Groups["type"].Value);

    /// <summary>A setting that makes a server show its metrics.</summary>
    public static (string Setting, Uri Address) NewAddress()
    {
        var address = $"http://127.0.0.1:{FreePort.Next()}";
        return (address, new Uri(address));
    }

    public static async Task<Scrape> OfAsync(Uri address, CancellationToken cancel)
    {
        using var answer = await Http.GetAsync(new Uri(address, "/metrics"), cancel);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        return new Scrape(await answer.Content.ReadAsStringAsync(cancel));
    }

    /// <summary>The sum of all series of a name that have these labels, <c>name=value</c>; null if there is none.</summary>
    public double? Find(string name, params string[] labels)
    {
        var found = _series.Where(series => series.Name == name && labels.All(label => series.Labels.Contains(label))).ToList();
        return found.Count == 0 ? null : found.Sum(series => series.Value);
    }

    /// <inheritdoc cref="Find"/>
    public double Sum(string name, params string[] labels) => Find(name, labels)
        ?? throw new AssertionException($"No series {name} {string.Join(' ', labels)} in:\n{Text}");

    [GeneratedRegex(@"^(?<name>[a-z_][\w:]*)(\{(?<labels>[^}]*)\})? (?<value>\S+)", RegexOptions.Multiline)]
    private static partial Regex Line();

    [GeneratedRegex(@"^# TYPE (?<name>\S+) (?<type>\S+)", RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex("(?<name>\\w+)=\"(?<value>[^\"]*)\"")]
    private static partial Regex Label();

    /// <param name="Labels">Each as <c>name=value</c>.</param>
    internal sealed record Series(string Name, IReadOnlyList<string> Labels, double Value)
    {
        public static Series Of(Match line) => new(
            line.Groups["name"].Value,
            [.. Label().Matches(line.Groups["labels"].Value).Select(label => $"{label.Groups["name"]}={label.Groups["value"]}")],
            double.Parse(line.Groups["value"].Value, CultureInfo.InvariantCulture));
    }
}

using System.Text.RegularExpressions;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>A fenced block of the README.</summary>
/// <param name="Name">What the comment in front of it says: <c>&lt;!-- test: name --&gt;</c>; empty: there is none.</param>
internal sealed record Block(string Name, string Language, string Text);

/// <summary>README.md, taken apart.</summary>
internal static partial class Readme
{
    public static string Text { get; } = File.ReadAllText(Repository.PathOf("README.md"));

    public static IReadOnlyList<Block> Blocks { get; } =
        [.. Fence().Matches(Text).Select(match => new Block(match.Groups["name"].Value, match.Groups["language"].Value, match.Groups["text"].Value))];

    /// <summary>What stands between two backquotes.</summary>
    public static IReadOnlyList<string> Spans { get; } = SpansOf(Fence().Replace(Text, ""));

    /// <summary>The files and folders of this repository that it names, wherever it does.</summary>
    public static IReadOnlyList<string> Paths { get; } = PathsIn(Text);

    public static string BlockOf(string name) => Blocks.Single(block => block.Name == name).Text;

    public static IReadOnlyList<string> SpansOf(string text) => [.. Span().Matches(text).Select(match => match.Groups[1].Value)];

    public static IReadOnlyList<string> PathsIn(string text) => [.. Name().Matches(text).Select(match => match.Value.TrimEnd('.')).Distinct()];

    /// <summary>The rows of a table, by cells.</summary>
    /// <param name="header">What stands over the first column.</param>
    public static IReadOnlyList<string[]> Table(string header) =>
    [
        .. Text.Split('\n').SkipWhile(line => !line.StartsWith($"| {header} |", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(line => line.StartsWith('|')).Select(line => line.Trim('|').Split(" | ").Select(cell => cell.Trim()).ToArray()),
    ];

    /// <summary>What an example stands for: <c>…</c> in it is any text within a line and without quotes.</summary>
    public static Regex Shape(string example) => new(Regex.Escape(example).Replace("…", "[^\"\\n]+", StringComparison.Ordinal));

    [GeneratedRegex(@"(?:<!-- test: (?<name>\w+) -->\n)?^```(?<language>\w*)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Span();

    [GeneratedRegex(@"(?<![\w/.])(?:Hub\.[A-Z]\w+(?:/[\w.-]+)*|(?:deploy|docs|\.ci)/[\w./-]*)")]
    private static partial Regex Name();
}

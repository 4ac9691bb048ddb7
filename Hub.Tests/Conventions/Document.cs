using System.Text.RegularExpressions;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>A fenced block of a page.</summary>
/// <param name="Name">From the comment before it, <c>&lt;!-- test: name --&gt;</c>; empty if there is none.</param>
internal sealed record Block(string Name, string Language, string Text);

/// <summary>A page of the documentation, taken apart.</summary>
/// <param name="path">From the root of the repository.</param>
internal sealed partial class Document(string path)
{
    public string Path { get; } = path;

    public string Text { get; } = File.ReadAllText(Repository.PathOf(path));

    public IReadOnlyList<Block> Blocks => field ??=
        [.. Fence().Matches(Text)
            .Select(match => new Block(match.Groups["name"].Value, match.Groups["language"].Value, match.Groups["text"].Value))];

    /// <summary>What stands between two backquotes, outside fenced blocks.</summary>
    public IReadOnlyList<string> Spans => field ??= SpansOf(Fence().Replace(Text, ""));

    /// <summary>The files and folders of this repository that the page names.</summary>
    public IReadOnlyList<string> Paths => field ??= PathsIn(Text);

    public string BlockOf(string name) => Blocks.Single(block => block.Name == name).Text;

    /// <summary>The rows of a table, by cells.</summary>
    /// <param name="header">What stands over the first column.</param>
    public IReadOnlyList<string[]> Table(string header) =>
    [
        .. Text.Split('\n').SkipWhile(line => !line.StartsWith($"| {header} |", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(line => line.StartsWith('|')).Select(line => Bar().Split(line.Trim('|')).Select(cell => cell.Trim()).ToArray()),
    ];

    public static IReadOnlyList<string> SpansOf(string text) => [.. Span().Matches(text).Select(match => match.Groups[1].Value)];

    public static IReadOnlyList<string> PathsIn(string text) =>
        [.. Name().Matches(text).Select(match => match.Value.TrimEnd('.')).Distinct()];

    /// <summary>What an example stands for: <c>…</c> in it is any text within a line and without quotes.</summary>
    public static Regex Shape(string example) => new(Regex.Escape(example).Replace("…", "[^\"\\n]+", StringComparison.Ordinal));

    [GeneratedRegex(@"(?:<!-- test: (?<name>\w+) -->\n)?^```(?<language>\w*)\n(?<text>.*?)^```$",
        RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"(?<= )\|(?= )")]
    private static partial Regex Bar();

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Span();

    [GeneratedRegex(@"(?<![\w/.])(?:Hub\.[A-Z]\w+(?:/[\w.-]+)*|(?:deploy|docs|\.ci)/[\w./-]*)")]
    private static partial Regex Name();
}

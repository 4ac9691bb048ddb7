using System.Text.RegularExpressions;

namespace Realtime.Tests.Conventions;

/// <summary>README.md, taken apart.</summary>
internal static class Readme
{
    private static readonly Document Page = new("README.md");

    public static string Text => Page.Text;

    public static IReadOnlyList<Block> Blocks => Page.Blocks;

    /// <inheritdoc cref="Document.Spans"/>
    public static IReadOnlyList<string> Spans => Page.Spans;

    /// <inheritdoc cref="Document.Paths"/>
    public static IReadOnlyList<string> Paths => Page.Paths;

    public static string BlockOf(string name) => Page.BlockOf(name);

    public static IReadOnlyList<string> SpansOf(string text) => Document.SpansOf(text);

    public static IReadOnlyList<string> PathsIn(string text) => Document.PathsIn(text);

    /// <inheritdoc cref="Document.Table"/>
    public static IReadOnlyList<string[]> Table(string header) => Page.Table(header);

    /// <inheritdoc cref="Document.Shape"/>
    public static Regex Shape(string example) => Document.Shape(example);
}

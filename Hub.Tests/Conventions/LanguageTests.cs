using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>What a program can check of plain English: the width of lines, and words that users do not meet.</summary>
internal sealed partial class LanguageTests
{
    private const int MostColumns = 140;

    private static readonly string[] Products = ["Hub.Server", "Hub.Client", "Hub.Compare"];

    /// <summary>The TypeScript client and the page.</summary>
    private static readonly string[] Scripts = ["Hub.Client/typescript", "Hub.Server/Dashboard/app"];

    [TestCase("Hub.Server")]
    [TestCase("Hub.Client")]
    [TestCase("Hub.Compare")]
    [TestCase("Hub.Tests")]
    public void A_line_of_code_fits_a_screen(string project)
    {
        // What a test sends or expects may be one long text.
        var width = project == "Hub.Tests" ? (Func<string, int>)(line => Text().Replace(line, "").Length) : line => line.Length;
        var files = Sources.Of(project).ToList();
        Assert.That(files, Has.Count.GreaterThan(20));
        Assert.That(
            from file in files
            from line in file.Text.Split('\n').Select((text, index) => (Text: text, Number: index + 1))
            where width(line.Text) > MostColumns
            select $"{file.Path}:{line.Number}", Is.Empty);
    }

    [TestCase("Hub.Server")]
    [TestCase("Hub.Client")]
    [TestCase("Hub.Compare")]
    [TestCase("Hub.Tests")]
    public void Usings_are_in_the_order_that_dotnet_format_gives_them(string project)
    {
        var files = Sources.Of(project).Select(file => (file.Path, Usings: UsingsOf(file.Text))).ToList();
        Assert.That(files.Count(file => file.Usings.Count > 1), Is.GreaterThan(20));
        Assert.That(files.Where(file => !file.Usings.SequenceEqual(InOrder(file.Usings))).Select(file => file.Path), Is.Empty);

        static List<UsingDirectiveSyntax> UsingsOf(string text) => [.. CSharpSyntaxTree.ParseText(text).GetCompilationUnitRoot().Usings];

        // System first; namespaces before static members before aliases; each part of a name by itself, whatever its case.
        static IEnumerable<UsingDirectiveSyntax> InOrder(List<UsingDirectiveSyntax> usings) => usings
            .OrderBy(it => it.Alias is not null)
            .ThenBy(it => it.StaticKeyword != default)
            .ThenBy(it => it.Alias is null && $"{it.NamespaceOrType}.".StartsWith("System.", StringComparison.Ordinal) ? 0 : 1)
            .ThenBy(it => $"{(object?)it.Alias?.Name ?? it.NamespaceOrType}".Replace('.', '\0'), StringComparer.OrdinalIgnoreCase);
    }

    [TestCaseSource(nameof(Products))]
    public void What_the_product_says_is_plain_English(string project)
    {
        var texts = Sources.Of(project).SelectMany(file => CSharpSyntaxTree.ParseText(file.Text).GetRoot().DescendantTokens()
            .Where(token => token.Kind() is SyntaxKind.StringLiteralToken or SyntaxKind.InterpolatedStringTextToken)
            .Select(token => (file.Path, token.Text))).ToList();
        Assert.That(texts, Has.Count.GreaterThan(100));
        Assert.That(texts.Where(text => Unwanted().IsMatch(text.Text)).Select(text => $"{text.Path}: {text.Text}"), Is.Empty);
    }

    [TestCaseSource(nameof(Scripts))]
    public void What_the_page_and_the_client_say_is_plain_English(string folder)
    {
        var files = Directory.EnumerateFiles(Repository.PathOf($"{folder}/src"), "*.ts*", SearchOption.AllDirectories).ToList();
        Assert.That(files, Has.Count.GreaterThan(10));
        Assert.That(
            from file in files
            let code = Comment().Replace(File.ReadAllText(file), "")
            from Match word in Unwanted().Matches(code)
            select $"{Path.GetRelativePath(Repository.Root, file)}: {word.Value}", Is.Empty);
    }

    [Test]
    public void The_documents_are_plain_English()
    {
        string[] files =
        [
            .. Directory.EnumerateFiles(Repository.Root, "*.md"), .. Directory.EnumerateFiles(Repository.PathOf("deploy"), "*.md"),
            .. Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories),
        ];
        Assert.That(files, Has.Length.GreaterThan(10));
        Assert.That(
            from file in files
            from Match word in Unwanted().Matches(File.ReadAllText(file))
            select $"{Path.GetRelativePath(Repository.Root, file)}: {word.Value}", Is.Empty);
    }

    /// <summary>Words of a text that reads as translated. Which to use instead: CONTRIBUTING.md.</summary>
    [GeneratedRegex(
        @"\b(whoever|whomever|anew|for ever|lest|nobody|somebody|once is enough|mend(s|ed)?|behind (it|them|each|which)|he|she|his|him)\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex Unwanted();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Text();

    [GeneratedRegex(@"/\*.*?\*/|(?<!:)//[^\n]*", RegexOptions.Singleline)]
    private static partial Regex Comment();
}

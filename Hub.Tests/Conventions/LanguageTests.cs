using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp;
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

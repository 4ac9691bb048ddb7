using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Realtime.Tests.Support;

/// <summary>Which file of a project refers to which other one, as the compiler sees it. Comments do not count.</summary>
internal sealed class SourceGraph
{
    private readonly Dictionary<string, SortedSet<string>> _references = new(StringComparer.Ordinal);

    private SourceGraph() { }

    /// <summary>The project's files, by their path below it with forward slashes.</summary>
    public IReadOnlyCollection<string> Files => _references.Keys;

    /// <summary>What a file refers to, in order.</summary>
    public IReadOnlyCollection<string> ReferencesOf(string file) => _references[file];

    public static SourceGraph Of(string project)
    {
        var trees = Sources.WithoutSamplesOf(project)
            .Select(file => CSharpSyntaxTree.ParseText(file.Text, path: file.Path[(project.Length + 1)..]))
            .ToList();
        var compilation = CSharpCompilation.Create(project, [.. trees, ImplicitUsings(project)], PlatformExcept(project));
        var graph = new SourceGraph();
        foreach (var tree in trees) graph._references[tree.FilePath] = ReferencesOf(tree, compilation.GetSemanticModel(tree));
        return graph;
    }

    /// <summary>Groups whose members refer to each other, one way or another.</summary>
    /// <param name="nodes">What is grouped.</param>
    /// <param name="referencesOf">What a node refers to.</param>
    public static List<string[]> CyclesAmong(IEnumerable<string> nodes, Func<string, IEnumerable<string>> referencesOf)
    {
        var reachable = nodes.ToDictionary(node => node, node => ReachableFrom(node, referencesOf), StringComparer.Ordinal);
        return [.. reachable.Where(it => it.Value.Contains(it.Key))
            .Select(it => it.Value.Where(other => reachable.TryGetValue(other, out var back) && back.Contains(it.Key))
                .Order(StringComparer.Ordinal).ToArray())
            .DistinctBy(cycle => string.Join(' ', cycle), StringComparer.Ordinal)];
    }

    private static HashSet<string> ReachableFrom(string node, Func<string, IEnumerable<string>> referencesOf)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(referencesOf(node));
        while (open.TryPop(out var next))
            if (found.Add(next)) foreach (var further in referencesOf(next)) open.Push(further);
        return found;
    }

    private static SortedSet<string> ReferencesOf(SyntaxTree tree, SemanticModel model)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
        {
            if (name.IsVar) continue;
            var info = model.GetSymbolInfo(name);
            var symbol = info.Symbol ?? (info.CandidateSymbols is [var first, ..] ? first : null);
            if (symbol is IMethodSymbol { ReducedFrom: { } extension }) symbol = extension;
            var type = symbol as INamedTypeSymbol ?? (symbol is ITypeParameterSymbol ? null : symbol?.ContainingType);
            while (type?.ContainingType is { } outer) type = outer;
            foreach (var part in type?.DeclaringSyntaxReferences ?? ImmutableArray<SyntaxReference>.Empty)
                found.Add(part.SyntaxTree.FilePath);
        }
        found.Remove(tree.FilePath);
        return found;
    }

    /// <summary>As the SDK wrote it for the project's own compilation.</summary>
    private static SyntaxTree ImplicitUsings(string project)
    {
        var file = Directory.EnumerateFiles(
            Repository.PathOf($"{project}/obj"), $"{project}.GlobalUsings.g.cs", SearchOption.AllDirectories).First();
        return CSharpSyntaxTree.ParseText(File.ReadAllText(file));
    }

    private static IEnumerable<MetadataReference> PlatformExcept(string project) =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator)
        .Where(path => Path.GetFileNameWithoutExtension(path) != project)
        .Select(path => MetadataReference.CreateFromFile(path));
}

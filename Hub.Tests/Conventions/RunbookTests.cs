using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Realtime.Server.Http;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>Log lines that the RUNBOOK names are lines that the server writes.</summary>
internal sealed partial class RunbookTests
{
    private const BindingFlags All =
        BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>Each category and event id, as <c>Category[id]</c>.</summary>
    private static readonly HashSet<string> Written =
    [
        .. typeof(Problem).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(All))
            .Select(method => (Type: method.DeclaringType!, Event: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(it => it.Event is not null)
            .Select(it => $"{CategoryOf(it.Type)}[{it.Event!.EventId}]"),
    ];

    [Test]
    public void Every_line_that_it_names_exists()
    {
        // The page says "Category[2504]" where it explains how lines are named.
        var named = Named(File.ReadAllText(Repository.PathOf("deploy/RUNBOOK.md"))).Where(line => !line.StartsWith("Category[", StringComparison.Ordinal)).ToList();
        Assert.That(named, Has.Count.GreaterThan(20));
        Assert.That(named.Where(line => !Written.Contains(line)), Is.Empty);
    }

    [Test]
    public void A_line_without_a_category_belongs_to_the_one_before() =>
        Assert.That(Named("`One[1]`, `[2]` and `Two[3]`"), Is.EqualTo(["One[1]", "One[2]", "Two[3]"]));

    private static List<string> Named(string text)
    {
        var (named, category) = (new List<string>(), "");
        foreach (var line in Line().Matches(text).Select(match => match.Groups))
        {
            if (line["category"].Success) category = line["category"].Value;
            named.Add($"{category}[{line["id"].Value}]");
        }
        return named;
    }

    /// <summary>The type that its logger is for: parts of a stage are given the logger of its door.</summary>
    private static string CategoryOf(Type type) => type.Name switch
    {
        "ForeignData" => "RedisLog",
        "LogWriter" => "SqliteLog",
        "SqliteReport" or "RedisReport" => "StartUpReport",
        "ServerCheck" or "PrefixCheck" or "RedisWatch" or "RedisSearch" or "CallFailures" or "KeptSecrets" => "RedisConnection",
        _ => type.GetConstructors(All).SelectMany(constructor => constructor.GetParameters())
            .Select(parameter => parameter.ParameterType)
            .Single(it => it.IsGenericType && it.GetGenericTypeDefinition() == typeof(ILogger<>)).GenericTypeArguments[0].Name,
    };

    [GeneratedRegex(@"`(?<category>[A-Z]\w+)?\[(?<id>\d+)\]`")]
    private static partial Regex Line();
}

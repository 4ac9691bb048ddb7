using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Realtime.Server.Operations;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>
/// The fixed limits in docs/settings.md are the server's constants, and none is left out. <see cref="SettingsPageTests"/> checks the
/// settings, <see cref="ProtocolLimitTests"/> what clients meet.
/// </summary>
internal sealed partial class FixedLimitTests
{
    private const BindingFlags Anything = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>Named like a limit, but nothing that a caller or an operator meets: buffers, digits, numbers of an option.</summary>
    private static readonly string[] NoLimits =
    [
        "AppendWrite.MostBytesOnStack", "KeyTable.LongestNameOnStack", "Statement.LongestTextOnStack", "TopicPages.MostReservedItems",
        "CursorVersion2.MostPlace", "CursorFormat.MaxNumber", "JsonStrings.MaxBytesPerUnit", "DraftFactory.MaxFrame", "ItemJson.MaxFrame",
        "ItemJson.MaxEscaped", "RespWriter.MaxNumber", "PublishQuota.FillsPerSecond", "SessionKeyRing.MaxTurns", "DemoPublisher.AnswerLimit",
        "SocketLimits.UserTimeout", "PeerTimeout.TcpUserTimeout",   // numbers of a socket option
        "ReaderPool.MostConnections",                               // depends on the processors; the page says how
    ];

    private static readonly Type[] Types =
        [.. typeof(OperationsRegistration).Assembly.GetTypes().Where(type => type.Namespace?.StartsWith("Realtime.Server") == true)];

    private static IEnumerable<string[]> Rows => new Document("docs/settings.md").Table("fixed limit");

    private static IEnumerable<string> Names => Rows.Select(row => row[1].Trim('`'));

    [TestCaseSource(nameof(Names))]
    public void It_shows_the_value_of(string name)
    {
        var row = Rows.Single(it => it[1].Trim('`') == name);
        Assert.That(row, Has.Length.EqualTo(4));
        Assert.That(row[3], Is.EqualTo(Write(ValueOf(name), row[2])));
    }

    [Test]
    public void Every_limit_of_the_server_is_there_or_among_those_that_clients_meet()
    {
        var protocol = File.ReadAllText(Repository.PathOf("Hub.Tests/Conventions/ProtocolLimitTests.cs"));
        var limits = Types.SelectMany(type => type.GetFields(Anything)).Where(IsLimit).Select(NameOf).ToList();
        Assert.That(limits, Has.Count.GreaterThan(100));
        var missing = limits.Except(Names).Except(NoLimits).Where(name => !protocol.Contains(name, StringComparison.Ordinal));
        Assert.That(string.Join(", ", missing), Is.Empty);
        Assert.That(NoLimits, Is.SubsetOf(limits));
    }

    private static bool IsLimit(FieldInfo field) =>
        (field.IsLiteral || field.IsInitOnly) && (field.FieldType == typeof(int) || field.FieldType == typeof(long)
            || field.FieldType == typeof(TimeSpan)) && LimitName().IsMatch(field.Name);

    private static string NameOf(FieldInfo field) => $"{field.DeclaringType!.Name}.{field.Name}";

    private static object ValueOf(string name)
    {
        var values =
            from type in Types
            from member in type.GetMembers(Anything | BindingFlags.Instance)
            where $"{type.Name}.{member.Name}" == name
            select member switch
            {
                FieldInfo field => field.GetValue(null),
                PropertyInfo property => property.GetValue(Activator.CreateInstance(type)),
                _ => null,
            };
        return values.Single()!;
    }

    private static string Write(object value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{(value, unit) switch
    {
        (TimeSpan span, "ms") => span.TotalMilliseconds,
        (TimeSpan span, "s") => span.TotalSeconds,
        (TimeSpan span, "min") => span.TotalMinutes,
        (TimeSpan span, "h") => span.TotalHours,
        (TimeSpan span, "days") => span.TotalDays,
        (int or long, not ("ms" or "min" or "h" or "days")) => Convert.ToDouble(value, CultureInfo.InvariantCulture),
        _ => throw new AssertionException($"{value} has no {unit}"),
    }:#,0.##}");

    [GeneratedRegex("^(Max|Most|Longest|Capacity$)|(Limit|Timeout|Patience|InFlight|Tolerance|Farewell|Tries|PerUser|PerSecond)$")]
    private static partial Regex LimitName();
}

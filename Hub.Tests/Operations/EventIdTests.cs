using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Realtime.Client;
using Realtime.Server.Http;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations;

/// <summary>The meaning of an event's number never changes.</summary>
internal sealed partial class EventIdTests
{
    private static readonly Assembly Server = typeof(Problem).Assembly;
    private static readonly Assembly Client = typeof(Transport).Assembly;

    private static List<FieldInfo> NamedIds() =>
        [.. Server.GetTypes().Where(type => type.Name.EndsWith("EventIds", StringComparison.Ordinal))
        .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
        .Where(field => field.IsLiteral)];

    private static List<(MethodInfo Method, LoggerMessageAttribute Event)> Events(Assembly assembly) => [.. assembly.GetTypes()
        .SelectMany(
            type =>
            type.GetMethods(
                BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
        .Select(method => (method, method.GetCustomAttribute<LoggerMessageAttribute>()!)).Where(pair => pair.Item2 is not null)];

    [Test]
    public void No_number_is_given_twice()
    {
        Assert.That(NamedIds(), Has.Count.GreaterThan(5));
        Assert.That(NamedIds().Select(field => (int)field.GetRawConstantValue()!), Is.Unique);
        foreach (var assembly in (Assembly[])[Server, Client])
            Assert.That(Events(assembly).Select(one => one.Event.EventId), Is.Unique, assembly.GetName().Name);
    }

    [Test]
    public void Every_event_has_one_of_the_numbers_with_a_name()
    {
        var named = NamedIds().Select(field => (int)field.GetRawConstantValue()!).ToHashSet();
        Assert.That(Events(Server), Is.Not.Empty);
        foreach (var (method, it) in Events(Server)) Assert.That(named, Does.Contain(it.EventId), $"{method.DeclaringType}.{method.Name}");
    }

    [Test]
    public void Numbers_are_not_spelled_out_where_they_are_used()
    {
        var literals = Sources.Of("Hub.Server").Where(file => SpelledOut().IsMatch(file.Text)).Select(file => file.Path);
        Assert.That(literals, Is.Empty, "give it a name in EventIds");
    }

    [Test]
    public void A_message_is_a_sentence_and_holds_no_token_and_no_data()
    {
        foreach (var (method, it) in Events(Server))
        {
            var where = $"{method.DeclaringType}.{method.Name}";
            Assert.That(it.Message, Does.Match(@"[.:]|\}"), where);
            Assert.That(it.Message, Does.Not.Match(@"\{(Token|AccessToken|SigningKey|IdempotencyKey|Data|Body|Payload)\}"), where);
        }
    }

    [GeneratedRegex(@"LoggerMessage\(\s*(EventId\s*=\s*)?\d")]
    private static partial Regex SpelledOut();
}

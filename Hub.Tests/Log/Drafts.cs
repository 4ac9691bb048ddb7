using System.Security.Cryptography;
using System.Text;
using Realtime.Server.Log;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Log;

/// <summary>Drafts as publishing makes them.</summary>
internal static class Drafts
{
    public static Draft Of(string text, params IReadOnlyList<Topic> topics)
    {
        var id = Guid.NewGuid().ToString("N");
        return new Draft(id, topics, Encoding.UTF8.GetBytes($$"""
            "id":"{{id}}","type":"order.created","orderId":"{{text}}","time":"2026-11-22T09:00:00Z"}
            """), Key: null);
    }

    /// <summary>A publisher's repeat: a new id and the same key; the same fingerprint if the content is the same.</summary>
    public static Draft Keyed(string key, string text, params IReadOnlyList<Topic> topics) => KeyedBy("shop", key, text, topics);

    public static Draft KeyedBy(string publisher, string key, string text, params IReadOnlyList<Topic> topics)
    {
        var asked = string.Join('\n', topics.Select(topic => topic.Text).Order(StringComparer.Ordinal).Append(text));
        return Of(text, topics) with { Key = new IdempotencyKey(publisher, key, SHA256.HashData(Encoding.UTF8.GetBytes(asked))) };
    }

    /// <summary>The same with a trace, whose span has this number.</summary>
    public static Draft Traced(Draft draft, int span) =>
        draft with { Body = TraceMember.Replace(draft.Body, $"00-4bf92f3577b34da6a3ce929d0e0e4736-{span:x16}-01") };

    /// <summary>The body's text.</summary>
    public static string TextOf(Draft draft) => Encoding.UTF8.GetString(draft.Body.Span);

    /// <summary>Appends, and fails the test if the append is not stored.</summary>
    public static async Task<AppendOutcome.Stored> StoreAsync(this INotificationLog log, Draft draft, CancellationToken cancel = default)
    {
        var outcome = await log.AppendAsync(draft, cancel);
        Assert.That(outcome, Is.TypeOf<AppendOutcome.Stored>());
        return (AppendOutcome.Stored)outcome;
    }
}

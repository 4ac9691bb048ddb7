using System.Text.Json;
using Realtime.Server.Feed.Tails;
using Realtime.Server.Http;
using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Server.Routing.Questions;

namespace Realtime.Server.Operations.Answers;

/// <summary>
/// <c>GET /api/admin/topic?topic=user:…</c>, for role <c>admin</c>: a topic's last number, what of it is retained, and its readers.
/// </summary>
internal sealed class TopicEndpoint(INotificationLog log, TopicTails tails, INodeQuestions others)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (await QueryNames.ReadTopicsAsync(context) is not { } names) return;
        var cancel = context.RequestAborted;
        var asked = new TopicQuestion(names);
        var answers = await others.AskOthersAsync(TopicAnswer.Name, asked, cancel);
        var readers = NameCounts.Sum(TopicAnswer.Count(tails, asked), answers);
        var topics = new List<object>(names.Count);
        foreach (var name in names)
        {
            if (!Topic.TryParse(name, out var topic)) continue;   // not reached: the names were checked
            var page = await log.ReadAsync(topic.Value, after: null, new PageLimit(0, 0), cancel);
            var (head, before) = (page.Head.Sequence, page.Start.Sequence);
            topics.Add(new
            {
                Topic = name,
                Head = head,
                HeadAt = head == 0 ? null : (DateTimeOffset?)DateTimeOffset.FromUnixTimeMilliseconds(page.Head.Stamp),
                First = before < head ? before + 1 : (long?)null,
                Retained = head - before,
                Readers = readers[name],
            });
        }
        await context.Response.WriteAsJsonAsync(new { Topics = topics, answers.Silent }, cancel);
    }
}

/// <summary>The question to a node: <c>{"topics":["user:a"]}</c>.</summary>
internal sealed record TopicQuestion(IReadOnlyList<string> Topics);

/// <summary>The streams that read topics on this node: <c>{"user:a":2}</c>.</summary>
internal sealed class TopicAnswer(TopicTails tails) : INodeAnswer
{
    public const string Name = "topic";

    public string Question => Name;

    public ValueTask<object> AnswerAsync(JsonElement arguments, CancellationToken cancel) =>
        new(Count(tails, arguments.Deserialize<TopicQuestion>(JsonSerializerOptions.Web)!));

    public static Dictionary<string, int> Count(TopicTails tails, TopicQuestion asked) => asked.Topics.ToDictionary(
        name => name, name => Topic.TryParse(name, out var topic) ? tails.ReadersOf(topic.Value) : 0, StringComparer.Ordinal);
}

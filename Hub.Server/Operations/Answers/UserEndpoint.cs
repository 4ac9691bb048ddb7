using Realtime.Server.Http;
using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Server.Routing.Questions;

namespace Realtime.Server.Operations.Answers;

/// <summary>
/// <c>GET /api/admin/user?user=…</c>, for role <c>admin</c>: where a user is connected, how far behind, and why its last connections ended.
/// </summary>
internal sealed class UserEndpoint(INotificationLog log, UserReport report, INodeQuestions others)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (await QueryNames.ReadUsersAsync(context, QueryNames.MaxAsked) is not { } names) return;
        var cancel = context.RequestAborted;
        var asked = new UserQuestion(names);
        var answers = await others.AskOthersAsync(UserAnswer.Name, asked, cancel);
        List<UserOnNode> nodes = [.. report.Describe(asked), .. answers.Answers.SelectMany(UserAnswer.Read)];
        var users = new List<object>(names.Count);
        foreach (var name in names) users.Add(await DescribeAsync(name, [.. nodes.Where(it => it.User == name)], cancel));
        await context.Response.WriteAsJsonAsync(new { Users = users, answers.Silent }, cancel);
    }

    private async Task<object> DescribeAsync(string user, IReadOnlyList<UserOnNode> nodes, CancellationToken cancel)
    {
        var acknowledged = await log.ReadAcknowledgedAsync(user, cancel);
        var open = nodes.SelectMany(it => it.Connections).OrderByDescending(it => it.Since).ToList();
        var heads = new Dictionary<string, long>(StringComparer.Ordinal);
        var topics = new List<TopicOfUser>();
        foreach (var topic in TopicsOf(user, acknowledged.Keys, open))
        {
            Position? seen = acknowledged.TryGetValue(topic, out var position) ? position : null;
            // As the user's own count: docs/PROTOCOL.md, Acknowledging.
            var page = await log.ReadAsync(topic, seen, new PageLimit(0, 0), cancel);
            heads[topic.Text] = page.Head.Sequence;
            topics.Add(new(topic.Text, page.Head.Sequence, seen?.Sequence, page.Head.Sequence - page.Start.Sequence));
        }
        return new
        {
            User = user,
            Unread = topics.Sum(topic => topic.Unread),
            Topics = topics,
            Open = nodes.Sum(it => it.Open),
            Connections = open.Select(it => new
            {
                it.Node,
                it.Transport,
                it.Since,
                it.ExpiresAt,
                // The head was read after the position, so a topic is never ahead of it, unless the store has lost its end.
                Topics = it.Reached.Select(at => new
                {
                    at.Topic,
                    at.Sequence,
                    Behind = Math.Max(0, heads.GetValueOrDefault(at.Topic, at.Sequence) - at.Sequence)
                }),
            }),
            Ended = nodes.SelectMany(it => it.Ended).OrderByDescending(it => it.At).Take(UserReport.MaxEnded),
        };
    }

    // Which groups a user is in is in its tokens, so it is known of open connections, and where something was acknowledged.
    private static IEnumerable<Topic> TopicsOf(string user, IEnumerable<Topic> acknowledged, IEnumerable<ConnectionOfUser> open)
    {
        var reached = open.SelectMany(it => it.Reached)
            .Select(at => Topic.TryParse(at.Topic, out var topic) ? topic : null).OfType<Topic>();
        return new[] { Topic.User(user), Topic.All }.Concat(acknowledged).Concat(reached).Distinct();
    }
}

/// <param name="Acknowledged">The last sequence that the user has acknowledged; null if it never did.</param>
internal sealed record TopicOfUser(string Topic, long Head, long? Acknowledged, long Unread);

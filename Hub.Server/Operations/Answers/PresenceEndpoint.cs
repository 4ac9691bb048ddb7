using System.Text.Json;
using Realtime.Server.Feed;
using Realtime.Server.Http;
using Realtime.Server.Routing.Questions;

namespace Realtime.Server.Operations.Answers;

/// <summary>
/// <c>GET /api/presence?user=a&amp;user=b</c>, for role <c>publisher</c>: how many connections each user has open, on all nodes.
/// </summary>
internal sealed class PresenceEndpoint(UserConnections connections, INodeQuestions others)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (await QueryNames.ReadUsersAsync(context, QueryNames.MaxPresent) is not { } names) return;
        var asked = new PresenceQuestion(names);
        var answers = await others.AskOthersAsync(PresenceAnswer.Name, asked, context.RequestAborted);
        var users = NameCounts.Sum(PresenceAnswer.Count(connections, asked), answers);
        await context.Response.WriteAsJsonAsync(new { Users = users, Complete = answers.Silent.Count == 0 }, context.RequestAborted);
    }
}

/// <summary>The question to a node: <c>{"users":["a","b"]}</c>.</summary>
internal sealed record PresenceQuestion(IReadOnlyList<string> Users);

/// <summary>The connections that users have open on this node: <c>{"a":2,"b":0}</c>.</summary>
internal sealed class PresenceAnswer(UserConnections connections) : INodeAnswer
{
    public const string Name = "presence";

    public string Question => Name;

    public ValueTask<object> AnswerAsync(JsonElement arguments, CancellationToken cancel) =>
        new(Count(connections, arguments.Deserialize<PresenceQuestion>(JsonSerializerOptions.Web)!));

    public static Dictionary<string, int> Count(UserConnections connections, PresenceQuestion asked) =>
        asked.Users.ToDictionary(name => name, connections.CountOf, StringComparer.Ordinal);
}

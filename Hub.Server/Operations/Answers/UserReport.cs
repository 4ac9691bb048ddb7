using System.Text.Json;
using Realtime.Server.Delivery;
using Realtime.Server.Feed;
using Realtime.Server.Feed.Closings;
using Realtime.Server.Node;
using Realtime.Server.Routing.Questions;

namespace Realtime.Server.Operations.Answers;

/// <summary>What this node knows of a user's connections.</summary>
internal sealed class UserReport(UserConnections connections, LastClosings closings, ThisNode node)
{
    /// <summary>Connections of one user that a node lists, the newest; <c>open</c> counts all.</summary>
    public const int MaxListed = 50;

    /// <summary>Ended connections of one user that are listed, the last.</summary>
    public const int MaxEnded = 20;

    public IReadOnlyList<UserOnNode> Describe(UserQuestion asked) => [.. asked.Users.Select(Describe)];

    private UserOnNode Describe(string user)
    {
        var open = connections.Of(user);
        return new(
            user, open.Count,
            [.. open.Take(MaxListed).Select(it => new ConnectionOfUser(
                node.Name, Name(it.Transport), it.Since, it.Reader.ExpiresAt,
                [.. it.Reached.Select(at => new Reached(at.Topic.Text, at.Sequence))]))],
            [.. closings.Of(user, MaxEnded).Select(it => new EndedOfUser(
                node.Name, Name(it.Transport), it.Since, it.At, it.Reason is { } reason ? WireNames.Of(reason) : EndedOfUser.Left))]);
    }

    // As in the statistics.
    private static string Name(Transport transport) => JsonNamingPolicy.CamelCase.ConvertName(transport.ToString());
}

/// <summary>The question to a node: <c>{"users":["a"]}</c>.</summary>
internal sealed record UserQuestion(IReadOnlyList<string> Users);

/// <summary>One user on one node.</summary>
internal sealed record UserOnNode(string User, int Open, IReadOnlyList<ConnectionOfUser> Connections, IReadOnlyList<EndedOfUser> Ended);

internal sealed record ConnectionOfUser(
    string Node, string Transport, DateTimeOffset Since, DateTimeOffset ExpiresAt, IReadOnlyList<Reached> Reached);

/// <summary>The last sequence that was handed to a connection.</summary>
internal sealed record Reached(string Topic, long Sequence);

/// <param name="Reason">As in <c>closing</c> on the wire, or <see cref="Left"/>.</param>
internal sealed record EndedOfUser(string Node, string Transport, DateTimeOffset Since, DateTimeOffset At, string Reason)
{
    /// <summary>The client went, or its network.</summary>
    public const string Left = "left";
}

/// <summary>The connections of users on this node, for another one.</summary>
internal sealed class UserAnswer(UserReport report) : INodeAnswer
{
    public const string Name = "user";

    public string Question => Name;

    public ValueTask<object> AnswerAsync(JsonElement arguments, CancellationToken cancel) =>
        new(report.Describe(arguments.Deserialize<UserQuestion>(JsonSerializerOptions.Web)!));

    public static IReadOnlyList<UserOnNode> Read(JsonElement answer) =>
        answer.Deserialize<IReadOnlyList<UserOnNode>>(JsonSerializerOptions.Web) ?? [];
}

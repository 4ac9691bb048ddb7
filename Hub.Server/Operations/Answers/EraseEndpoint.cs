using System.Text.Json;
using Realtime.Server.Feed.Tails;
using Realtime.Server.Http;
using Realtime.Server.Log;
using Realtime.Server.Node;
using Realtime.Server.Notifications;
using Realtime.Server.Routing.Questions;
using Realtime.Server.Security;

namespace Realtime.Server.Operations.Answers;

/// <summary>
/// <c>POST /api/admin/erase</c>, for role <c>admin</c>: erases what is stored of a user, here and in the memory of all nodes, and says what
/// stays.
/// </summary>
internal sealed partial class EraseEndpoint(
    IErasure log, TopicTails tails, INodeQuestions others, TimeProvider time, ILogger<EraseEndpoint> logger)
{
    /// <summary>Bytes of a body.</summary>
    public const int MaxBodyBytes = 4 * 1024;

    /// <summary>
    /// How long nodes that do not answer are asked again. With the last question, no copy in the memory of a node that answers is older
    /// than five seconds.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public async Task HandleAsync(HttpContext context)
    {
        if (await JsonBody.ReadOrRefuseAsync(context, MaxBodyBytes) is not { } body) return;
        var (user, errors) = EraseRequest.Read(body);
        if (!errors.IsEmpty)
        {
            await Problems.WriteAsync(context, Problem.Invalid(errors));
            return;
        }

        // It goes on if the operator leaves: half of it would be worse.
        var began = time.GetTimestamp();
        var erased = await log.EraseAsync(user!);
        var asked = new EraseQuestion(Topic.User(user!).Text, erased.Head.Sequence);
        EraseAnswer.Forget(tails, asked);
        var silent = await TellOthersAsync(asked);
        UserErased(LogText.Of(user!), LogText.Of(Caller.Of(context.User).User), erased.Entries, time.GetElapsedTime(began), silent.Count);

        context.Response.StatusCode = StatusCodes.Status202Accepted;
        await context.Response.WriteAsJsonAsync(
            new { User = user, erased.Entries, Head = erased.Head.Sequence, Stays = WhatStays(erased, silent), Silent = silent },
            context.RequestAborted);
    }

    /// <returns>The nodes that may still have copies in their memory.</returns>
    private async Task<IReadOnlyList<SilentNode>> TellOthersAsync(EraseQuestion asked)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var silent = (await others.AskOthersAsync(EraseAnswer.Name, asked, CancellationToken.None)).Silent;
            if (silent.All(node => node.Reason != SilentNode.NoAnswer) || time.GetElapsedTime(began) + Pause >= Patience) return silent;
            await Task.Delay(Pause, time, CancellationToken.None);
        }
    }

    private static List<string> WhatStays(Erased erased, IReadOnlyList<SilentNode> silent)
    {
        List<string> stays =
        [
            "The number of the topic's last notification, because numbers never start again.",
            "Records of idempotency keys, without content, for at most 25 hours.",
            "Notifications to groups and to all, which other users read, too.",
            "The user's id: in the names of topics and keys, in a revocation, and in logs.",
            "What was handed to the user's own connections and programs.",
            .. erased.Stays,
        ];
        if (silent.Count > 0) stays.Add("Copies in the memory of the nodes under silent, for a minute at most.");
        return stays;
    }

    [LoggerMessage(EventIds.UserErased, LogLevel.Information,
        "What is stored of user {User} was erased by {Operator}: {Entries} notifications, in {Duration}. {Silent} nodes may have copies in "
        + "memory for a minute.")]
    private partial void UserErased(string user, string @operator, long entries, TimeSpan duration, int silent);
}

/// <summary>The order to a node: <c>{"topic":"user:a","upTo":17}</c>.</summary>
internal sealed record EraseQuestion(string Topic, long UpTo);

/// <summary>Drops this node's copies of what was erased.</summary>
internal sealed class EraseAnswer(TopicTails tails) : INodeAnswer
{
    public const string Name = "erase";

    public string Question => Name;

    public ValueTask<object> AnswerAsync(JsonElement arguments, CancellationToken cancel)
    {
        Forget(tails, arguments.Deserialize<EraseQuestion>(JsonSerializerOptions.Web)!);
        return new(new { });
    }

    public static void Forget(TopicTails tails, EraseQuestion asked)
    {
        if (Topic.TryParse(asked.Topic, out var topic)) tails.Erase(topic.Value, asked.UpTo);
    }
}

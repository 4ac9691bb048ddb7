using System.Collections.Concurrent;
using Realtime.Server.Node;
using Realtime.Server.Redis;
using Realtime.Server.Routing.Nodes;
using StackExchange.Redis;

namespace Realtime.Server.Routing.Refreshes;

/// <summary>
/// Asks all other nodes to refresh a connection: a WebSocket may be open on another node than the one that its token names. Answers what
/// other nodes ask.
/// </summary>
/// <remarks>
/// (1) A signed request goes to all nodes through a channel in Redis. (2) Each node carries it out if the connection is its own, once, and
/// (3) answers through the channel of the node that asked. A request that was not answered soon is sent once more, and answered as before.
/// </remarks>
internal sealed class RefreshThroughRedis(
    ThisNode node, NodeDirectory directory, RedisConnection redis, LocalRefresh here, TimeProvider time)
    : BackgroundService, IRemoteRefresh
{
    /// <summary>How long the other nodes may take to answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>How long to wait for the answers before the request is sent again.</summary>
    public static readonly TimeSpan RepeatAfter = TimeSpan.FromMilliseconds(700);

    /// <summary>How often the subscriptions are renewed, in case one has ended unnoticed.</summary>
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, RefreshQuestion> _asked = new(StringComparer.Ordinal);
    private readonly ReceivedRefreshes _received = new(directory);

    public bool IsServedEverywhere => directory.LeastVersion >= NodeVersions.Refreshes;

    public async Task<RefreshResult> RefreshAsync(RefreshRequest request)
    {
        if (directory.Key is not { } key) return RefreshResult.NotFound;
        request = request with { Node = node.Id, Nonce = NodeProof.NewNonce(), At = directory.Now.ToUnixTimeMilliseconds() };
        var (message, deadline) = (RefreshMessages.Write(request, key), new Deadline(Patience, time));
        try
        {
            var asked = OtherNodes();
            var result = await AskAsync(request, message, asked, deadline);
            if (result != RefreshResult.NotFound) return result;
            // A node that has just joined is not on the list that this node knows.
            if (!await directory.ReadAgainAsync(CancellationToken.None)) return RefreshResult.Failed;
            return await AskAsync(request, message, OtherNodes().Except(asked).ToList(), deadline);
        }
        catch (Exception unanswered) when (unanswered is RedisUnavailableException or TimeoutException)
        {
            return RefreshResult.Failed;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await redis.Reached.WaitAsync(stoppingToken);
        while (true)
        {
            try
            {
                await redis.ListenAsync(redis.Channels.Refresh, message => Receive(message));
                await redis.ListenAsync(redis.Channels.Refreshed(node.Id), message => ReceiveAnswer(message));
            }
            catch (RedisUnavailableException) { /* next time */ }
            await Task.Delay(Renewal, time, stoppingToken);
        }
    }

    private List<string> OtherNodes() => [.. directory.Listed(NodeVersions.Refreshes).Where(id => id != node.Id)];

    private async Task<RefreshResult> AskAsync(RefreshRequest request, string message, IReadOnlyList<string> nodes, Deadline deadline)
    {
        var question = new RefreshQuestion(nodes, isForAll: request.Session is not null);
        if (question.Answer.IsCompleted) return await question.Answer;
        _asked[request.Nonce] = question;
        try
        {
            await PublishAsync(redis.Channels.Refresh, message, deadline.Left);
            await ((Task)question.Answer).WaitAsync(RepeatAfter, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!question.Answer.IsCompleted) await PublishAsync(redis.Channels.Refresh, message, deadline.Left);
            return await question.Answer.WaitAsync(deadline.Left, time);
        }
        finally
        {
            _asked.TryRemove(request.Nonce, out _);
        }
    }

    private void Receive(string? message)
    {
        // Other programs may write to the same Redis: what no node has signed is passed over.
        if (directory.Key is not { } key || !RefreshMessages.TryRead(message, key, out var request) || request.Node == node.Id) return;
        if (_received.Take(request, here.RefreshAsync) is { } result) _ = AnswerAsync(request, result, key);
    }

    private async Task AnswerAsync(RefreshRequest request, Task<RefreshResult> result, byte[] key)
    {
        try
        {
            var answer = RefreshMessages.WriteAnswer(request.Nonce, node.Id, await result, key);
            await PublishAsync(redis.Channels.Refreshed(request.Node), answer, Patience);
        }
        catch (RedisUnavailableException) { /* the node that asked gives up */ }
    }

    private void ReceiveAnswer(string? message)
    {
        if (directory.Key is { } key && RefreshMessages.TryReadAnswer(message, key, out var answer)
            && _asked.TryGetValue(answer.Nonce, out var question)) question.Add(answer.Node, answer.Result);
    }

    private Task<long> PublishAsync(RedisChannel channel, string message, TimeSpan limit) =>
        redis.AskAsync((byte[])channel!, database => database.PublishAsync(channel, message), limit);
}

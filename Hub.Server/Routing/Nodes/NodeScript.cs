using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Realtime.Server.Node;
using Realtime.Server.Redis;
using StackExchange.Redis;

namespace Realtime.Server.Routing.Nodes;

/// <summary>Runs <c>nodes.lua</c>, and passes over entries in its response that a node could not have written.</summary>
internal sealed class NodeScript(RedisConnection redis)
{
    /// <summary>A node that was silent for this long is removed from the list.</summary>
    private static readonly TimeSpan Listed = TimeSpan.FromMinutes(10);

    private const int KeyBytes = 32;

    private static readonly RedisScript Script = RedisScript.Load("nodes.lua");

    private readonly RedisKey[] _keys = [redis.Keys.Nodes, redis.Keys.NodesKey, redis.Keys.NodesSpeak, redis.Keys.NodesVersions];
    private string? _key;

    /// <param name="address">Null if the node leaves, or cannot be reached by others.</param>
    /// <exception cref="RedisUnavailableException">Redis does not answer.</exception>
    public async Task<NodeScriptAnswer> RunAsync(string node, Uri? address)
    {
        // Check before the script can make another key.
        await redis.Kept.CheckAsync(redis.Keys.NodesKey);
        RedisValue[] values =
        [
            node, address?.GetLeftPart(UriPartial.Authority) ?? "", _key ?? Convert.ToHexString(RandomNumberGenerator.GetBytes(KeyBytes)),
            (long)Listed.TotalMilliseconds, NodeDirectory.MaxNodes, NodeVersions.Current,
        ];
        var answer = (RedisResult[])(await redis.AskAsync(redis.Keys.Nodes, database => Script.RunAsync(database, _keys, values)))!;
        if ((string)answer[0]! is var key && key != _key) redis.Kept.Add(redis.Keys.NodesKey, _key = key);
        return Read([.. answer.Select(part => (string)part!)]);
    }

    private static NodeScriptAnswer Read(string[] parts)
    {
        var nodes = new Dictionary<string, ListedNode>(StringComparer.Ordinal);
        var strange = 0;
        for (var i = 4; i + 2 < parts.Length; i += 3)
        {
            if (NodeId.IsWellFormed(parts[i]) && NodeAddress.TryParse(parts[i + 1], out var address))
                nodes[parts[i]] = new(address, NodeVersions.Read(parts[i + 2]));
            else strange++;
        }
        var now = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(parts[3], CultureInfo.InvariantCulture));
        var list = new NodeList(Encoding.ASCII.GetBytes(parts[0]), nodes, NodeVersions.Read(parts[2]), now);
        return new(list, parts[1].Length > 0 ? parts[1] : null, strange);
    }
}

/// <param name="Repaired">Keys that held a foreign value and were deleted; null if there are none.</param>
/// <param name="StrangeEntries">The number of entries that were passed over.</param>
internal sealed record NodeScriptAnswer(NodeList List, string? Repaired, int StrangeEntries);

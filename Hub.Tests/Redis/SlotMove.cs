using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>
/// A slot of a Redis Cluster on its way from one shard to another, step by step, as <c>redis-cli --cluster reshard</c> moves it.
/// </summary>
internal sealed class SlotMove
{
    private readonly int _slot;
    private readonly IRedisServer _from, _to;

    private SlotMove(int slot, IRedisServer from, IRedisServer to) => (_slot, _from, _to) = (slot, from, to);

    public static async Task<SlotMove> BeginAsync(int slot, IRedisServer from, IRedisServer to)
    {
        await to.AskAsync("CLUSTER", "SETSLOT", $"{slot}", "IMPORTING", await IdOfAsync(from));
        await from.AskAsync("CLUSTER", "SETSLOT", $"{slot}", "MIGRATING", await IdOfAsync(to));
        return new(slot, from, to);
    }

    /// <summary>The keys that have not moved yet, a hundred at most.</summary>
    public Task<IReadOnlyList<string>> KeysLeftAsync() => _from.AskAsync("CLUSTER", "GETKEYSINSLOT", $"{_slot}", "100");

    /// <summary>Moves these keys. Fails if the other shard has one of them already.</summary>
    public Task MoveAsync(params IEnumerable<string> keys) =>
        _from.AskAsync(["MIGRATE", "127.0.0.1", $"{_to.Port}", "", "0", "5000", "KEYS", .. keys]);

    /// <summary>Moves what is left, and gives the slot to the other shard.</summary>
    public async Task EndAsync()
    {
        while (await KeysLeftAsync() is { Count: > 0 } keys) await MoveAsync(keys);
        foreach (var shard in new[] { _to, _from }) await shard.AskAsync("CLUSTER", "SETSLOT", $"{_slot}", "NODE", await IdOfAsync(_to));
    }

    private static async Task<string> IdOfAsync(IRedisServer shard) => (await shard.AskAsync("CLUSTER", "MYID"))[0];
}

using System.Collections.Concurrent;

namespace Realtime.Server.Routing.Nodes;

/// <summary>
/// All nodes and their addresses, in memory, so that a request finds its owner without a lookup in Redis. <c>NodeRegistrar</c> fills it
/// from Redis.
/// </summary>
/// <remarks>
/// An id's address never changes, so a known address never becomes wrong. The node may be gone, but only a refused connection proves that.
/// A node that is missing from the list is therefore kept for <see cref="Memory"/>. While Redis is silent, nothing expires.
/// </remarks>
internal sealed class NodeDirectory(TimeProvider time)
{
    /// <summary>How long a node that is no longer listed is still tried.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    /// <summary>Nodes kept at most. A longer list was not written by this service.</summary>
    public const int MaxNodes = 1_000;

    /// <summary>
    /// How long a request may wait for the next list if its node is unknown. Such a node joined a moment ago, or never existed.
    /// </summary>
    private static readonly TimeSpan ReadPatience = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Entry> _nodes = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _registered = NewSource();
    private TaskCompletionSource _question = NewSource();
    private TaskCompletionSource _news = NewSource();
    private volatile Reading? _reading;

    /// <summary>The key that only the nodes share; null until Redis was reached once.</summary>
    public byte[]? Key { get; private set; }

    /// <summary>Completes when the other nodes can find this one.</summary>
    public Task Registered => _registered.Task;

    /// <summary>
    /// The lowest version of all nodes, this one included, that are listed or were in the last ten minutes: an upgrade can be reverted for
    /// that long. A format of a higher version must not be written yet. <see cref="NodeVersions.First"/> until the list was read.
    /// </summary>
    public int LeastVersion { get; private set; } = NodeVersions.First;

    /// <summary>The time by Redis's clock, which all nodes share; by this machine's own until that was read.</summary>
    public DateTimeOffset Now => _reading is { } last ? last.Time + time.GetElapsedTime(last.At) : time.GetUtcNow();

    /// <summary>A node's address; null if it is unknown.</summary>
    public Uri? AddressOf(string id) => _nodes.TryGetValue(id, out var known) ? known.Address : null;

    /// <summary>A node's address. An unknown id is looked up once more, in case the node has just joined.</summary>
    public async ValueTask<Uri?> FindAsync(string id, CancellationToken cancel)
    {
        if (_nodes.TryGetValue(id, out var known)) return known.Address;
        await ReadAgainAsync(cancel);
        return _nodes.TryGetValue(id, out known) ? known.Address : null;
    }

    /// <summary>Whether a node is on the list, after the list was read again.</summary>
    public async Task<bool> IsStillListedAsync(string id)
    {
        await ReadAgainAsync(CancellationToken.None);
        return _nodes.TryGetValue(id, out var known) && known.MissingSince is null;
    }

    /// <summary>The version of a node; <see cref="NodeVersions.First"/> for an unknown node.</summary>
    public int VersionOf(string id) => _nodes.TryGetValue(id, out var known) ? known.Version : NodeVersions.First;

    /// <summary>The nodes on the list, this one included, that announced at least a version.</summary>
    public IEnumerable<string> Listed(int version) =>
        _nodes.Where(it => it.Value.MissingSince is null && it.Value.Version >= version).Select(it => it.Key);

    /// <summary>Waits until a request needs an unknown node, at most for <paramref name="limit"/>.</summary>
    public async Task WaitForQuestionAsync(TimeSpan limit, CancellationToken cancel)
    {
        try
        {
            await Volatile.Read(ref _question).Task.WaitAsync(limit, time, cancel);
        }
        catch (TimeoutException) { /* nobody asked */ }
    }

    /// <summary>Waits until the list was read once more.</summary>
    /// <returns>False if Redis is silent: what is not known now is unknown.</returns>
    public async Task<bool> ReadAgainAsync(CancellationToken cancel)
    {
        var news = Volatile.Read(ref _news).Task;
        Volatile.Read(ref _question).TrySetResult();
        try
        {
            await news.WaitAsync(ReadPatience, time, cancel);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Updates the directory. This answers all lookups that began before <paramref name="read"/>.</summary>
    public async Task UpdateAsync(Func<Task<NodeList>> read)
    {
        // Reset the question first: a lookup that arrives during the read must start the next read.
        Volatile.Write(ref _question, NewSource());
        var answered = Interlocked.Exchange(ref _news, NewSource());
        try
        {
            Take(await read());
        }
        finally
        {
            answered.SetResult();
        }
    }

    private void Take(NodeList list)
    {
        Key = list.Key;
        LeastVersion = list.LeastVersion;
        if (list.Time is { } now) _reading = new(now, time.GetTimestamp());
        foreach (var (id, listed) in list.Nodes)
        {
            if (_nodes.TryGetValue(id, out var known)) known.IsListed(listed.Version);
            else if (_nodes.Count < MaxNodes) _nodes[id] = new Entry(listed);
        }
        foreach (var (id, entry) in _nodes)
        {
            if (list.Nodes.ContainsKey(id)) continue;
            entry.MissingSince ??= time.GetTimestamp();
            if (time.GetElapsedTime(entry.MissingSince.Value) > Memory) _nodes.TryRemove(id, out _);
        }
        _registered.TrySetResult();
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The time that Redis sent, and the timestamp at which it arrived.</summary>
    private sealed record Reading(DateTimeOffset Time, long At);

    private sealed class Entry(ListedNode listed)
    {
        public Uri Address => listed.Address;

        public int Version { get; private set; } = listed.Version;

        public long? MissingSince { get; set; }

        public void IsListed(int version) => (MissingSince, Version) = (null, version);
    }
}

/// <summary>The list of nodes, as read from Redis.</summary>
/// <param name="Key">The key that only the nodes share.</param>
/// <param name="Nodes">By node id.</param>
/// <param name="LeastVersion">See <see cref="NodeDirectory.LeastVersion"/>.</param>
/// <param name="Time">By Redis's clock; null: unknown.</param>
internal sealed record NodeList(byte[] Key, IReadOnlyDictionary<string, ListedNode> Nodes, int LeastVersion, DateTimeOffset? Time = null);

/// <param name="Address">The address at which the other nodes reach the node.</param>
/// <param name="Version">See <see cref="NodeVersions"/>.</param>
internal sealed record ListedNode(Uri Address, int Version);

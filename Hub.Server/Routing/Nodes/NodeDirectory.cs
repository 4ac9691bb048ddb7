using System.Collections.Concurrent;

namespace Realtime.Server.Routing.Nodes;

/// <summary>
/// All nodes and where each is reached, in memory: a request finds its owner without asking anybody. <c>NodeRegistrar</c> fills it from
/// Redis.
/// </summary>
/// <remarks>
/// An id's address never changes, so what is known stays right for ever; the question is only whether anybody still answers there, and a
/// refused connect is the truth about that. A node that the list lacks is therefore kept for <see cref="Memory"/>; while Redis is silent
/// nothing ages.
/// </remarks>
internal sealed class NodeDirectory(TimeProvider time)
{
    /// <summary>How long a node that is listed no more is still tried.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    /// <summary>Nodes kept at most. A list that is longer is not ours.</summary>
    public const int MaxNodes = 1_000;

    /// <summary>
    /// How long a request may wait for news of a node that nobody here knows. It joined a moment ago, or it never existed.
    /// </summary>
    private static readonly TimeSpan RefreshPatience = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Entry> _nodes = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _registered = NewSource();
    private TaskCompletionSource _question = NewSource();
    private TaskCompletionSource _news = NewSource();
    private volatile Reading? _reading;

    /// <summary>What only the nodes share; null until Redis was reached once.</summary>
    public byte[]? Key { get; private set; }

    /// <summary>Completes when the other nodes can find this one.</summary>
    public Task Registered => _registered.Task;

    /// <summary>
    /// The least version of all nodes, this one included, that are listed or were in the last ten minutes: so long an upgrade can be taken
    /// back. A format of a higher version must not be written yet. The first version until the list was read.
    /// </summary>
    public int LeastVersion { get; private set; } = NodeVersions.First;

    /// <summary>The time by Redis's clock, which all nodes share; this machine's own until it was read.</summary>
    public DateTimeOffset Now => _reading is { } last ? last.Time + time.GetElapsedTime(last.At) : time.GetUtcNow();

    /// <summary>Where a node is reached, as far as it is known; null: it is not.</summary>
    public Uri? AddressOf(string id) => _nodes.TryGetValue(id, out var known) ? known.Address : null;

    /// <summary>Where a node is reached. An id that is not known is looked up once more, in case it has just joined.</summary>
    public async ValueTask<Uri?> FindAsync(string id, CancellationToken cancel)
    {
        if (_nodes.TryGetValue(id, out var known)) return known.Address;
        await RefreshAsync(cancel);
        return _nodes.TryGetValue(id, out known) ? known.Address : null;
    }

    /// <summary>Whether a node is on the list, after one more look at it.</summary>
    public async Task<bool> IsStillListedAsync(string id)
    {
        await RefreshAsync(CancellationToken.None);
        return _nodes.TryGetValue(id, out var known) && known.MissingSince is null;
    }

    /// <summary>The version of a node; the first for a node that is not known.</summary>
    public int VersionOf(string id) => _nodes.TryGetValue(id, out var known) ? known.Version : NodeVersions.First;

    /// <summary>Waits until somebody asks for a node that is not known, or for <paramref name="limit"/>.</summary>
    public async Task WaitForQuestionAsync(TimeSpan limit, CancellationToken cancel)
    {
        try
        {
            await Volatile.Read(ref _question).Task.WaitAsync(limit, time, cancel);
        }
        catch (TimeoutException) { /* nobody asked */ }
    }

    /// <summary>Brings the directory up to date. Questions asked from before <paramref name="read"/> began are answered with it.</summary>
    public async Task UpdateAsync(Func<Task<NodeList>> read)
    {
        // In this order: whoever asks from now on asks for the next time.
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

    private async Task RefreshAsync(CancellationToken cancel)
    {
        var news = Volatile.Read(ref _news).Task;
        Volatile.Read(ref _question).TrySetResult();
        try
        {
            await news.WaitAsync(RefreshPatience, time, cancel);
        }
        catch (TimeoutException) { /* Redis is silent: what is not known now is unknown */ }
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

    /// <summary>What Redis's clock said, and when that was here.</summary>
    private sealed record Reading(DateTimeOffset Time, long At);

    private sealed class Entry(ListedNode listed)
    {
        public Uri Address => listed.Address;

        public int Version { get; private set; } = listed.Version;

        public long? MissingSince { get; set; }

        public void IsListed(int version) => (MissingSince, Version) = (null, version);
    }
}

/// <summary>What Redis knows of the nodes.</summary>
/// <param name="Key">What only the nodes share.</param>
/// <param name="Nodes">By node id.</param>
/// <param name="LeastVersion">See <see cref="NodeDirectory.LeastVersion"/>.</param>
/// <param name="Time">By Redis's clock; null: unknown.</param>
internal sealed record NodeList(byte[] Key, IReadOnlyDictionary<string, ListedNode> Nodes, int LeastVersion, DateTimeOffset? Time = null);

/// <param name="Address">Where the other nodes reach it.</param>
/// <param name="Version">See <see cref="NodeVersions"/>.</param>
internal sealed record ListedNode(Uri Address, int Version);

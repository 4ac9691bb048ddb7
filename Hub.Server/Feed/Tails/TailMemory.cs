namespace Realtime.Server.Feed.Tails;

/// <summary>How many bytes of bodies the tails of this node hold together.</summary>
internal sealed class TailMemory
{
    private long _bytes;

    public long Bytes => Volatile.Read(ref _bytes);

    public bool IsExhausted => Bytes > FeedLimits.AllTailsBytes;

    public void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);
}

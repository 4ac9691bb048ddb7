namespace Realtime.Server.Feed.Tails;

/// <summary>A reader's seat at a tail: the reader's state in the tail. The tail owns its values and guards them with its lock.</summary>
/// <remarks>A base class and not an object of its own, because there is one for each topic of each reader.</remarks>
internal abstract class TailSeat
{
    /// <summary>Its place in the tail's list.</summary>
    public int Index { get; set; }

    /// <summary>The reader had everything up to this sequence when it last asked.</summary>
    public long Taken { get; set; }

    /// <summary>Drops what the reader has fetched and not delivered. From any thread, before <see cref="Wake"/>.</summary>
    public abstract void Forget();

    /// <summary>There may be something new.</summary>
    public abstract void Wake();
}

namespace Realtime.Server.Feed.Tails;

/// <summary>A reader's seat at a tail: all that the tail knows of it. Its values are the tail's own, and guarded by its lock.</summary>
/// <remarks>A base class and not an object of its own: there is one for each topic of each reader.</remarks>
internal abstract class TailSeat
{
    /// <summary>Its place in the tail's list.</summary>
    public int Index { get; set; }

    /// <summary>The reader has everything up to this sequence, when it last asked.</summary>
    public long Taken { get; set; }

    /// <summary>There may be something new.</summary>
    public abstract void Wake();
}

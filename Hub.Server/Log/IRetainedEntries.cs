using Realtime.Server.Notifications;

namespace Realtime.Server.Log;

/// <summary>What a log tells about a topic, as far as the rules for gaps need it.</summary>
internal interface IRetainedEntries
{
    /// <summary>The last position, retained or not.</summary>
    Position Head { get; }

    /// <summary>The oldest that is retained.</summary>
    EntryPlace? First { get; }

    EntryPlace? At(long sequence);

    /// <summary>The position right before the first that is retained from a sequence on, or the head.</summary>
    Position BeforeNext(long sequence);

    /// <summary>True if a retained notification has a reader's sequence and stamp and is not the one that the reader had.</summary>
    bool IsAnotherAt(Position own);

    /// <summary>The position right before the first that is newer than a stamp, or the head. Stamps never run backwards.</summary>
    Position BeforeFirstNewerThan(long stamp);
}

/// <summary>A retained notification without its body.</summary>
internal readonly record struct EntryPlace(Position Position, long PreviousStamp)
{
    /// <summary>The position right before it.</summary>
    public Position Previous => new(Position.Sequence - 1, PreviousStamp);
}

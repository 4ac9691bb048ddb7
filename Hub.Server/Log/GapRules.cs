using System.Diagnostics;
using Realtime.Server.Notifications;

namespace Realtime.Server.Log;

/// <summary>Whether a reader at a position has a gap before it, and where it continues. read.lua has the same rules.</summary>
internal static class GapRules
{
    /// <summary>
    /// How late the clock of a store that rewound may have been, in ms. Entries newer than this long before a reader's stamp may be new to
    /// the reader.
    /// </summary>
    public const long ClockDoubt = 60_000;

    /// <summary>The gap between a reader at a position and what follows it in the log: null if nothing is missing.</summary>
    public static GapReason? After<T>(Position own, T log)
        where T : IRetainedEntries
    {
        if (log.IsAnotherAt(own)) return GapReason.Reset;
        if (own.Is(log.Head)) return null;
        if (own.Sequence >= log.Head.Sequence) return GapReason.Reset;
        // The next entry proves its predecessor, whether or not that is still retained.
        if (log.At(own.Sequence + 1) is { } next) return next.PreviousStamp == own.Stamp ? null : GapReason.Reset;
        if (IsAt(own, log)) return GapReason.Reset;   // a damaged store: the next entry is missing
        // Stamps never run backwards. If the remaining entries are older than the reader, the reader had another entry.
        var oldest = log.First?.Position.Stamp ?? log.Head.Stamp;
        return oldest >= own.Stamp ? GapReason.Expired : GapReason.Reset;
    }

    /// <summary>Where a reader continues, and the gap before that.</summary>
    /// <param name="after">The reader's position; null: with the oldest that is retained.</param>
    public static (Position Start, GapReason? Gap) Continue<T>(Position? after, T log)
        where T : IRetainedEntries
    {
        if (after is not { } own) return (Oldest(log), null);
        return After(own, log) switch
        {
            null => (own, null),
            GapReason.Expired => (Oldest(log), GapReason.Expired),
            // A reader whose own notification is there stands before a damaged place: skip the place, or the reader would return to it.
            GapReason.Reset when IsAt(own, log) => (log.BeforeNext(own.Sequence + 1), GapReason.Reset),
            GapReason.Reset => (log.BeforeFirstNewerThan(Math.Max(own.Stamp, long.MinValue + ClockDoubt) - ClockDoubt), GapReason.Reset),
            _ => throw new UnreachableException(),
        };
    }

    private static Position Oldest<T>(T log)
        where T : IRetainedEntries => log.First?.Previous ?? log.Head;

    private static bool IsAt<T>(Position own, T log)
        where T : IRetainedEntries => log.At(own.Sequence)?.Position == own && !log.IsAnotherAt(own);
}

using System.Diagnostics.CodeAnalysis;
using Realtime.Server.Notifications.Cursors;

namespace Realtime.Server.Feed;

/// <summary>Where a reader begins; <c>after</c> on the wire.</summary>
internal abstract record StartAt
{
    private StartAt() { }

    /// <summary>After what the user has acknowledged; in topics that were never acknowledged, at the oldest that is retained.</summary>
    public sealed record Unacknowledged : StartAt;

    /// <summary>Only what is stored from now on.</summary>
    public sealed record Latest : StartAt;

    /// <summary>All that is retained.</summary>
    public sealed record Earliest : StartAt;

    /// <summary>After a cursor of this reader or of another one of the same user. Topics it does not name start at their latest.</summary>
    public sealed record After(Cursor Cursor) : StartAt;

    /// <summary>
    /// After what the user has acknowledged, for a reader whose cursor cannot be read. What the reader has is unknown, so it gets a gap.
    /// </summary>
    public sealed record Unknown : StartAt;

    /// <summary>Reads <c>after</c>: null, <c>latest</c>, <c>earliest</c> or a cursor of this user.</summary>
    public static bool TryParse(string? after, string user, [NotNullWhen(true)] out StartAt? start)
    {
        start = after switch
        {
            null => new Unacknowledged(),
            "latest" => new Latest(),
            "earliest" => new Earliest(),
            _ => Cursor.TryParse(after, user, out var cursor) ? new After(cursor) : null,
        };
        return start is not null;
    }

    public const string Expected = "Expected a cursor of this user as received with an item, \"latest\" or \"earliest\".";
}

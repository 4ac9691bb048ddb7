using System.Diagnostics.CodeAnalysis;
using Realtime.Server.Notifications.Cursors;

namespace Realtime.Server.Feed;

/// <summary>Where a reader wants to begin; the wire's <c>after</c>.</summary>
internal abstract record StartAt
{
    private StartAt() { }

    /// <summary>Behind what the user has acknowledged; all that is retained of what it never acknowledged.</summary>
    public sealed record Unacknowledged : StartAt;

    /// <summary>Whatever is stored from now on.</summary>
    public sealed record Latest : StartAt;

    /// <summary>All that is retained.</summary>
    public sealed record Earliest : StartAt;

    /// <summary>Where another reader, or this one in another life, has been. Topics it does not name start at their latest.</summary>
    public sealed record After(Cursor Cursor) : StartAt;

    /// <summary>
    /// Behind what the user has acknowledged, but the reader holds something that cannot be read: what it has is unknown, and it is told
    /// so.
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

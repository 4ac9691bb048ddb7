using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;
using Realtime.Server.Security;

namespace Realtime.Server.Delivery;

/// <summary>What a user has seen, on any device, and how much is still unread.</summary>
internal sealed class Acknowledgements(INotificationLog log)
{
    /// <summary>Moves the user's acknowledgement forward to a cursor, in the topics that it names and the token may read.</summary>
    /// <returns>What is unread then; null if the cursor is malformed, another user's, or names a position that the log does not
    /// have.</returns>
    /// <exception cref="LogUnavailableException">Not confirmed. A retry is harmless.</exception>
    public async Task<long?> MoveAsync(Caller caller, string? cursorText, CancellationToken cancel)
    {
        if (!Cursor.TryParse(cursorText, caller.User, out var cursor)) return null;
        var positions = new Dictionary<Topic, Position>();
        var topics = caller.GroupsAreUnknown ? await WithAcknowledgedAsync(caller, cancel) : caller.Topics;
        var named = cursor.PositionsIn(topics);
        for (var i = 0; i < named.Length; i++)
        {
            if (named[i] is { } position) positions.Add(topics[i], position);
        }
        return await log.AcknowledgeAsync(caller.User, positions, cancel) ? await CountUnreadAsync(caller, cancel) : null;
    }

    /// <summary>
    /// The topics of a caller whose token does not list its groups, and the groups in which it has acknowledged something.
    /// </summary>
    private async Task<IReadOnlyList<Topic>> WithAcknowledgedAsync(Caller caller, CancellationToken cancel)
    {
        var acknowledged = await log.ReadAcknowledgedAsync(caller.User, cancel);
        return [.. caller.Topics, .. acknowledged.Keys.Where(topic => topic.GroupName is not null)];
    }

    /// <summary>How many notifications a subscription from the acknowledged position would deliver now.</summary>
    public async Task<long> CountUnreadAsync(Caller caller, CancellationToken cancel)
    {
        var acknowledged = await log.ReadAcknowledgedAsync(caller.User, cancel);
        var unread = 0L;
        foreach (var topic in caller.Topics)
        {
            Position? after = acknowledged.TryGetValue(topic, out var position) ? position : null;
            var page = await log.ReadAsync(topic, after, new PageLimit(0, 0), cancel);
            unread += page.Head.Sequence - page.Start.Sequence;
        }
        return unread;
    }
}

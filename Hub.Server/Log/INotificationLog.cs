using Realtime.Server.Notifications;

namespace Realtime.Server.Log;

/// <summary>
/// The truth: an ordered, durable log per topic. A notification exists if and only if it is in here; then it is delivered.
/// </summary>
/// <remarks>
/// Every call ends within two seconds, with a result or with <see cref="LogUnavailableException"/>. Calls may come from any thread.
/// Implementations announce what they stored, per topic in order, after it is durable and before the append completes.
/// </remarks>
internal interface INotificationLog
{
    /// <summary>Stores a notification at the end of each of its topics, durably, and announces it.</summary>
    /// <remarks>
    /// Appends that one caller starts one after the other keep that order in every topic. A repeated <see cref="Draft.Key"/> of the same
    /// publisher within 24 hours stores nothing in topics that have the notification. It completes the topics that lack it, and returns the
    /// first result.
    /// </remarks>
    /// <exception cref="LogUnavailableException">Not confirmed: it may have been stored. Retry with the same key.</exception>
    Task<AppendOutcome> AppendAsync(Draft draft, CancellationToken cancel);

    /// <summary>Reads what follows a position, oldest first, without holes, as one consistent view of the topic.</summary>
    /// <param name="topic">A topic that was never written to reads as empty, with its head at <see cref="Position.Start"/>.</param>
    /// <param name="after">The reader's position; null to begin with the oldest that is retained, which is never a gap.</param>
    /// <param name="limit">The maximum to return; with a limit of 0 notifications, only the reader's position is returned.</param>
    /// <exception cref="LogUnavailableException">The store cannot be read now.</exception>
    ValueTask<LogPage> ReadAsync(Topic topic, Position? after, PageLimit limit, CancellationToken cancel);

    /// <summary>The positions up to which a user has acknowledged everything; empty if the user never acknowledged any.</summary>
    /// <exception cref="LogUnavailableException">The store cannot be read now.</exception>
    ValueTask<IReadOnlyDictionary<Topic, Position>> ReadAcknowledgedAsync(string user, CancellationToken cancel);

    /// <summary>
    /// Moves a user's acknowledged positions forward, topic by topic, all or nothing. A position before the one kept moves nothing. If the
    /// log no longer has the one kept (it was rewound), the new one replaces it.
    /// </summary>
    /// <returns>
    /// False, and nothing has moved, if a position is beyond its topic's head or has a stamp that the log does not know. A position whose
    /// entry has expired is valid.
    /// </returns>
    /// <exception cref="LogUnavailableException">Not confirmed: it may have been stored. A retry is harmless.</exception>
    Task<bool> AcknowledgeAsync(string user, IReadOnlyDictionary<Topic, Position> positions, CancellationToken cancel);
}

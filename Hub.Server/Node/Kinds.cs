namespace Realtime.Server.Node;

// What the node counts, kind by kind. Metrics show the names in snake_case (docs/metrics.md): never rename one.

/// <summary>How a reader is connected.</summary>
internal enum Transport
{
    WebSockets,
    ServerSentEvents,
    LongPolling,
    EventSource,
}

/// <summary>How a publish was answered.</summary>
internal enum PublishOutcome
{
    Stored,

    /// <summary>A repeat of a key: the first result.</summary>
    Duplicate,
    KeyReused,

    /// <summary>The store did not confirm in time, or refused: 503.</summary>
    NotConfirmed,

    /// <summary>Beyond <c>Hub:Limits:PublishBytes</c>: 503.</summary>
    NoRoom,

    /// <summary>Beyond <c>Hub:Limits:PublishesPerSecond</c>: 429.</summary>
    OverQuota,
    Invalid,

    /// <summary>A fault of the server: 500.</summary>
    Failed,
}

/// <summary>What is asked of the store.</summary>
internal enum StoreOperation
{
    Append,
    Read,
    Acknowledge,
    ReadAcknowledged,
}

/// <summary>What a node passes on to the node that owns the connection.</summary>
internal enum ForwardKind
{
    EventStream,
    Poll,
    Send,
    Close,
}

/// <summary>How a node found that an announcement had been lost.</summary>
internal enum HoleEvidence
{
    /// <summary>An announcement that does not continue the one before.</summary>
    Announcement,

    /// <summary>The log's head is ahead of the last announcement.</summary>
    Comparison,
}

/// <summary>Why retention removed a notification.</summary>
internal enum RetentionReason
{
    Age,
    Count,
}

/// <summary>A limit that refused something.</summary>
internal enum RefusingLimit
{
    /// <summary><c>Hub:Limits:Connections</c>.</summary>
    Connections,

    /// <summary><c>Hub:Limits:ConnectionsPerUser</c>.</summary>
    ConnectionsPerUser,

    /// <summary><c>Hub:Limits:PendingNegotiations</c> and <c>Hub:Limits:PendingNegotiationsPerUser</c>.</summary>
    PendingNegotiations,

    /// <summary><c>Hub:Limits:PublishesPerSecond</c>.</summary>
    PublishesPerSecond,

    /// <summary><c>Hub:Limits:PublishBytes</c>.</summary>
    PublishBytes,

    /// <summary>As many pages of history at a time as <c>Hub:Limits:ConnectionsPerUser</c>.</summary>
    HistoryPages,

    /// <summary>Writes that wait for the store.</summary>
    WaitingWrites,
}

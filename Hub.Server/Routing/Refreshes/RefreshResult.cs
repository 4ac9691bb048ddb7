namespace Realtime.Server.Routing.Refreshes;

/// <summary>What became of a refresh.</summary>
internal enum RefreshResult
{
    /// <summary>The connection has the new access.</summary>
    Refreshed,

    /// <summary>No such connection is open.</summary>
    NotFound,

    /// <summary>The connection belongs to another user.</summary>
    OtherUser,

    /// <summary>Nothing has changed, as far as is known; it may succeed later.</summary>
    Failed,
}

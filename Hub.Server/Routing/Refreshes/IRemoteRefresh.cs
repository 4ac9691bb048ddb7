namespace Realtime.Server.Routing.Refreshes;

/// <summary>Refreshes connections that are open on other nodes.</summary>
internal interface IRemoteRefresh
{
    /// <summary>Whether every node serves <c>POST {hub}/refresh</c>. A client that is told of it asks any of them.</summary>
    bool IsServedEverywhere { get; }

    /// <summary>Completes within <see cref="RefreshThroughRedis.Patience"/>.</summary>
    Task<RefreshResult> RefreshAsync(RefreshRequest request);
}

namespace Realtime.Server.Security;

/// <summary>
/// Open connections whose access was refreshed. Stock clients send the token that a connection began with on every poll and message, also
/// when it has ended.
/// </summary>
internal interface IRefreshedConnections
{
    /// <summary>Whether a request uses such a connection of this caller, and its access has not ended.</summary>
    bool IsUsedBy(HttpContext request, Caller caller);
}

namespace Realtime.Server.Connections;

/// <summary>Event numbers of this folder: 29xx, see <c>EventIds</c>.</summary>
internal static class ConnectionEventIds
{
    public const int ConnectionsRefused = 2901;
    public const int UnfinishedRequestsClosed = 2902;
}

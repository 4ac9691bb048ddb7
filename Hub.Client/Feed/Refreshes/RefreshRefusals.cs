using Microsoft.AspNetCore.SignalR;

namespace Realtime.Client.Feed.Refreshes;

/// <summary>Why the server refuses a refresh. A hub can report this only as text, and SignalR adds words of its own to it.</summary>
internal static class RefreshRefusals
{
    public static bool IsOfAnotherUser(HubException refused) => Says(refused, "Token of another user.");

    public static bool IsBlocked(HubException refused) => Says(refused, "User is blocked.");

    /// <summary>The server is older than <c>Refresh</c>.</summary>
    public static bool IsUnknownMethod(HubException refused) =>
        Says(refused, "Method does not exist") || Says(refused, "Unknown hub method");

    private static bool Says(HubException refused, string text) => refused.Message.Contains(text, StringComparison.OrdinalIgnoreCase);
}

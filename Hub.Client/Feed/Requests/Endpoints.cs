namespace Realtime.Client.Feed.Requests;

/// <summary>The URLs of a server's API.</summary>
internal static class Endpoints
{
    public static Uri Hub(Uri server) => Below(server, "hubs/orders");

    public static Uri Notifications(Uri server) => Below(server, "api/notifications");

    public static Uri Acknowledged(Uri server) => Below(server, "api/notifications/acknowledged");

    public static Uri Unread(Uri server) => Below(server, "api/notifications/unread");

    private static Uri Below(Uri server, string path)
    {
        var builder = new UriBuilder(server);
        builder.Path = $"{builder.Path.TrimEnd('/')}/{path}";
        return builder.Uri;
    }
}

namespace Realtime.Server.Http;

/// <summary>Every address of the server, except those between nodes.</summary>
internal static class Paths
{
    public const string Orders = "/hubs/orders";
    public const string Operators = "/hubs/operators";

    public const string Notifications = "/api/notifications";
    public const string Batch = $"{Notifications}/batch";
    public const string Acknowledged = $"{Notifications}/acknowledged";
    public const string Unread = $"{Notifications}/unread";
    public const string Session = "/api/session";
    public const string Statistics = "/api/admin/stats";
    public const string Disconnect = "/api/admin/disconnect";
    public const string UserAnswers = "/api/admin/user";
    public const string TopicAnswers = "/api/admin/topic";
    public const string Erase = "/api/admin/erase";
    public const string Presence = "/api/presence";

    public const string DevToken = "/dev/token";
    public const string Dashboard = "/dashboard.json";
    public const string Live = "/health/live";
    public const string Ready = "/health/ready";

    public static IReadOnlyList<string> Hubs { get; } = [Orders, Operators];
}

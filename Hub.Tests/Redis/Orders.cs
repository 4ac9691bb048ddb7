using System.Text;
using Realtime.Server.Log;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Redis;

/// <summary>Drafts as publishing makes them.</summary>
internal static class Orders
{
    public static Draft Draft(string orderId, params IReadOnlyList<Topic> topics)
    {
        var id = Guid.NewGuid().ToString("N");
        return new(id, topics, Encoding.UTF8.GetBytes($$"""
            "id":"{{id}}","type":"order.created","orderId":"{{orderId}}","time":"2026-11-22T09:00:00Z"}
            """), Key: null);
    }

    public static Draft Keyed(string key, string orderId, params IReadOnlyList<Topic> topics) =>
        Draft(orderId, topics) with { Key = new("shop", key, System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(orderId))) };

    public static async Task<AppendOutcome.Stored> StoreAsync(this INotificationLog log, Draft draft) =>
        (AppendOutcome.Stored)await log.AppendAsync(draft, CancellationToken.None);
}

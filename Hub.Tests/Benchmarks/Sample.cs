using System.Text;
using Realtime.Server.Log;
using Realtime.Server.Notifications;

namespace Realtime.Benchmarks;

/// <summary>Orders of the size that the figures in the README are about.</summary>
internal static class Sample
{
    private const int BodyBytes = 300;

    public static byte[] Body { get; } = Encoding.UTF8.GetBytes(
        $"\"id\":\"{Guid.Empty:N}\",\"type\":\"order.created\",\"orderId\":\"CA-2016-152156\",\"time\":\"2026-11-22T09:00:00Z\",\"data\":\"".PadRight(BodyBytes - 2, 'x') + "\"}");

    public static Topic[] Users { get; } = [.. Enumerable.Range(0, 1_000).Select(i => Topic.User($"reader-{i}"))];

    public static Draft Draft(Topic topic) => new(Guid.NewGuid().ToString("N"), [topic], Body, Key: null);
}

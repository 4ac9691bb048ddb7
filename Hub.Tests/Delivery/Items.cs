using System.Text.Json;

namespace Realtime.Tests.Delivery;

/// <summary>Short ways to look at items.</summary>
internal static class Items
{
    public static string Cursor(this JsonElement item) => item.GetProperty("cursor").GetString()!;

    public static bool IsNotification(this JsonElement item) => item.TryGetProperty("id", out _);

    public static bool IsPosition(this JsonElement item) => item.EnumerateObject().Count() == 1 && item.TryGetProperty("cursor", out _);

    /// <summary>
    /// <c>topic sequence orderId</c> of a notification, <c>gap topic after-next reason</c>, <c>closing reason</c>, or <c>position</c>.
    /// </summary>
    public static string Describe(this JsonElement item)
    {
        if (item.IsNotification()) return $"{item.GetProperty("topic")} {item.GetProperty("sequence")} {item.GetProperty("orderId")}";
        if (item.TryGetProperty("gap", out var gap))
            return $"gap {gap.GetProperty("topic")} {gap.GetProperty("after")}-{gap.GetProperty("next")} {gap.GetProperty("reason")}";
        return item.TryGetProperty("closing", out var closing) ? $"closing {closing.GetProperty("reason")}" : "position";
    }

    /// <summary>Reads a number of items.</summary>
    public static async Task<List<JsonElement>> TakeAsync(this IReceiver receiver, int count, CancellationToken cancel)
    {
        var items = new List<JsonElement>(count);
        while (items.Count < count)
        {
            items.Add(await receiver.NextAsync(cancel) ?? throw new AssertionException(
                $"The stream ended after {items.Count} of {count} items, the last of them {items.Select(Describe).LastOrDefault()}."));
        }
        return items;
    }

    /// <summary>Reads until the stream ends.</summary>
    public static async Task<List<JsonElement>> TakeAllAsync(this IReceiver receiver, CancellationToken cancel)
    {
        var items = new List<JsonElement>();
        while (await receiver.NextAsync(cancel) is { } item) items.Add(item);
        return items;
    }
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace Realtime.Client.Feed.Items;

/// <summary>
/// An item as it comes over the wire, the same on all transports: a notification (<see cref="Id"/>), a <see cref="Gap"/>, a
/// <see cref="Closing"/>, or a bare position. Unknown members are ignored.
/// </summary>
internal sealed record WireItem
{
    [JsonPropertyName("cursor")] public string? Cursor { get; init; }

    [JsonPropertyName("topic")] public string? Topic { get; init; }

    [JsonPropertyName("sequence")] public long Sequence { get; init; }

    [JsonPropertyName("id")] public string? Id { get; init; }

    [JsonPropertyName("type")] public string? Type { get; init; }

    [JsonPropertyName("orderId")] public string? OrderId { get; init; }

    [JsonPropertyName("time")] public string? Time { get; init; }

    /// <summary>An absent member is not the same as null.</summary>
    [JsonPropertyName("data")] public JsonElement Data { get; init; }

    [JsonPropertyName("trace")] public string? Trace { get; init; }

    [JsonPropertyName("gap")] public WireGap? Gap { get; init; }

    [JsonPropertyName("closing")] public WireClosing? Closing { get; init; }

    public OrderNotification ToNotification(string cursor) => new()
    {
        Cursor = cursor,
        Topic = Topic ?? "",
        Sequence = Sequence,
        Id = Id ?? "",
        Type = Type ?? "",
        OrderId = OrderId ?? "",
        TimeAsSent = Time ?? "",
        Data = Data,
        Trace = Trace,
    };
}

internal sealed record WireGap
{
    [JsonPropertyName("topic")] public string? Topic { get; init; }

    [JsonPropertyName("after")] public long? After { get; init; }

    [JsonPropertyName("next")] public long? Next { get; init; }

    [JsonPropertyName("reason")] public string? Reason { get; init; }

    public OrderGap ToGap(string cursor) => new()
    {
        Cursor = cursor,
        Topic = Topic,
        After = After,
        Next = Next,
        Reason = Reason == "expired" ? GapReason.Expired : GapReason.Reset,
    };
}

/// <summary>The last item of a stream.</summary>
internal sealed record WireClosing
{
    public const string Revoked = "revoked";

    [JsonPropertyName("reason")] public string? Reason { get; init; }

    [JsonPropertyName("reconnectInMs")] public long? ReconnectInMs { get; init; }

    public TimeSpan? ReconnectIn =>
        ReconnectInMs is { } ms ? TimeSpan.FromMilliseconds(Math.Clamp(ms, 0, (long)FeedLimits.LongestAdvice.TotalMilliseconds)) : null;
}

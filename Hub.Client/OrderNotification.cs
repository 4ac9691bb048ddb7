using System.Text.Json;
using Realtime.Client.Feed.Items;

namespace Realtime.Client;

/// <summary>One event about one order.</summary>
public sealed record OrderNotification : OrderFeedItem
{
    /// <summary>The topic that contains it: <c>user:&lt;id&gt;</c>, <c>group:&lt;name&gt;</c> or <c>all</c>.</summary>
    public required string Topic { get; init; }

    /// <summary>The position in the topic: 1, 2, 3 … without holes.</summary>
    public required long Sequence { get; init; }

    /// <summary>
    /// The notification's id. A notification to several topics has the same id in all of them, and the feed yields only the first copy.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>What happened, such as <c>order.created</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The id of the order.</summary>
    public required string OrderId { get; init; }

    /// <summary>When the event happened, as the publisher wrote it (RFC 3339).</summary>
    public required string TimeAsSent { get; init; }

    /// <summary><see cref="TimeAsSent"/> as a value, to 100 ns; a leap second counts as the second before it.</summary>
    public DateTimeOffset Time => SentTime.Parse(TimeAsSent);

    /// <summary>Additional data from the publisher, any JSON; <see cref="JsonValueKind.Undefined"/> if there is none.</summary>
    public JsonElement Data { get; init; }

    /// <summary>
    /// The trace of the publish, a W3C <c>traceparent</c>; null if it was not traced. While a loop over the feed handles the notification,
    /// a span <c>process</c> under it is current, if a program listens to the <c>ActivitySource</c> <c>Realtime.Client</c>.
    /// </summary>
    public string? Trace { get; init; }

    /// <summary>Deserializes <see cref="Data"/> into a type of yours.</summary>
    /// <param name="options">Serializer options; null for the web defaults (camelCase, case-insensitive names).</param>
    /// <returns>The object; default if there is no data or the data is null.</returns>
    /// <exception cref="JsonException">The data does not fit <typeparamref name="T"/>.</exception>
    public T? DataAs<T>(JsonSerializerOptions? options = null) =>
        Data.ValueKind == JsonValueKind.Undefined ? default : Data.Deserialize<T>(options ?? JsonSerializerOptions.Web);
}

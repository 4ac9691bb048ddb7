using System.Text.Json;
using Realtime.Client.Feed.Items;

namespace Realtime.Client;

/// <summary>One event about one order.</summary>
public sealed record OrderNotification : OrderFeedItem
{
    /// <summary>The log it stands in: <c>user:&lt;id&gt;</c>, <c>group:&lt;name&gt;</c> or <c>all</c>.</summary>
    public required string Topic { get; init; }

    /// <summary>Its place in the topic: 1, 2, 3 … without holes.</summary>
    public required long Sequence { get; init; }

    /// <summary>
    /// Its identity. One that was sent to several topics has the same in all of them, and the feed yields the first only.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>What happened, such as <c>order.created</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The order it is about.</summary>
    public required string OrderId { get; init; }

    /// <summary>When it happened, as the publisher wrote it (RFC 3339).</summary>
    public required string TimeAsSent { get; init; }

    /// <summary><see cref="TimeAsSent"/> as a value, to 100 ns; a leap second counts as the one before it.</summary>
    public DateTimeOffset Time => SentTime.Parse(TimeAsSent);

    /// <summary>What the publisher sent along, any JSON; <see cref="JsonValueKind.Undefined"/> if nothing.</summary>
    public JsonElement Data { get; init; }

    /// <summary>Reads <see cref="Data"/> as an object of yours.</summary>
    /// <param name="options">How; null: as the web does (camelCase names, in any case).</param>
    /// <returns>The object; default if there is no data, or it is null.</returns>
    /// <exception cref="JsonException">The data does not fit <typeparamref name="T"/>.</exception>
    public T? DataAs<T>(JsonSerializerOptions? options = null) =>
        Data.ValueKind == JsonValueKind.Undefined ? default : Data.Deserialize<T>(options ?? JsonSerializerOptions.Web);
}

using System.Collections.Concurrent;
using System.Text.Json;

namespace Realtime.Tests.Faults;

/// <summary>One attempt to publish, and its outcome. Attempts with the same key publish the same order.</summary>
/// <param name="Order">Its <c>orderId</c>: different keys never publish the same one.</param>
/// <param name="Status">Of the response; 0: there was none, so it is unknown whether the server has the order.</param>
internal sealed record Try(
    string Order, IReadOnlyList<string> Topics, int Status, string? Id, bool Duplicate, IReadOnlyList<Place> Accepted)
{
    public bool IsConfirmed => Status == 202;
}

/// <summary>A sequence in a topic.</summary>
internal sealed record Place(string Topic, long Sequence);

/// <summary>A notification as a reader or the log returned it. <paramref name="Text"/> is all of it but its cursor.</summary>
internal sealed record Got(Place Place, string Id, string Order, string Text)
{
    public static Got Of(JsonElement item) => new(
        new Place(item.GetProperty("topic").GetString()!, item.GetProperty("sequence").GetInt64()),
        item.GetProperty("id").GetString()!, item.GetProperty("orderId").GetString()!,
        string.Join(',', item.EnumerateObject().Where(member => member.Name != "cursor")
            .Select(member => $"{member.Name}:{member.Value.GetRawText()}")));
}

/// <summary>A gap as a reader got it.</summary>
internal sealed record Missing(string Topic, long After, long Next, string Reason);

/// <summary>What one reader got over all its connections: <see cref="Got"/> and <see cref="Missing"/>, in order.</summary>
internal sealed record Read(string Reader, IReadOnlyList<string> Topics, ConcurrentQueue<object> Items);

/// <summary>
/// All responses that publishers received, all items that readers received, and the log at the end. Many threads add to it.
/// </summary>
internal sealed class Recording
{
    public ConcurrentQueue<Try> Tries { get; } = new();

    public ConcurrentQueue<Read> Readers { get; } = new();

    /// <summary>The retained notifications at the end, by topic, oldest first.</summary>
    public Dictionary<string, List<Got>> Log { get; } = [];
}

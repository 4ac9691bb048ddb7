namespace Realtime.Server.Dashboard.Demo;

/// <summary>
/// What happens when in the replay: an order is placed at every tick, and shipped as many ticks later as its days took, and then some.
/// </summary>
internal static class DemoScript
{
    // A day of the warehouse, in ticks.
    private const int DayTicks = 2;

    /// <summary>The events of each tick, without end: after the last order comes the first one again.</summary>
    public static IEnumerable<IReadOnlyList<DemoEvent>> Play(IReadOnlyList<DemoOrder> orders)
    {
        var shipping = new PriorityQueue<DemoOrder, long>();
        for (var tick = 0L; ; tick++)
        {
            var placed = orders[(int)(tick % orders.Count)];
            var events = new List<DemoEvent> { new("order.created", placed, placed.Placed) };
            while (shipping.TryPeek(out var shipped, out var due) && due <= tick)
            {
                events.Add(new("order.shipped", shipped, shipped.Shipped));
                shipping.Dequeue();
            }
            shipping.Enqueue(placed, tick + 1 + (placed.DaysToShip * DayTicks));
            yield return events;
        }
    }
}

/// <summary>One thing that happens to an order, and what is told about it.</summary>
internal readonly record struct DemoEvent(string Type, DemoOrder Order, System.Text.Json.JsonElement Data);

namespace Realtime.Server.Dashboard.Demo;

/// <summary>
/// The timetable of the replay: an order is placed at every tick. It is shipped as many ticks later as its days took, and then some.
/// </summary>
internal static class DemoScript
{
    // A day of the warehouse, in ticks.
    private const int DayTicks = 2;

    /// <summary>The events of each tick, without end: the first order follows the last one.</summary>
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

/// <summary>One event of an order, and the data published about it.</summary>
internal readonly record struct DemoEvent(string Type, DemoOrder Order, System.Text.Json.JsonElement Data);

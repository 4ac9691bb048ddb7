using System.Globalization;
using System.Text.Json;
using Realtime.Client;

namespace Realtime.Samples.Desktop;

/// <summary>A line of the list.</summary>
/// <param name="Text">In columns, as <see cref="Header"/>.</param>
/// <param name="IsMissed">Whether it was published while the link was down.</param>
internal sealed record OrderRow(string Text, bool IsMissed)
{
    /// <summary>What stands over the columns.</summary>
    public static readonly string Header = Columns("Time", "Event", "Order", "Topic", "Data");

    public static OrderRow Of(OrderNotification order, bool isMissed) => new(
        Columns(order.Time.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture), order.Type, order.OrderId, order.Topic,
            DataText(order)), isMissed);

    public static OrderRow Of(OrderGap gap) => new(
        Columns("", "— gap —", "", gap.Topic ?? "any", gap.Reason == GapReason.Expired
            ? "notifications are gone: the hub no longer keeps them" : "the hub lost data: notifications may be missing"), true);

    public override string ToString() => Text;

    private static string Columns(string time, string type, string order, string topic, string data) =>
        $"{time,-8}  {Fit(type, 15)}  {Fit(order, 16)}  {Fit(topic, 14)}  {Plain(data)}";

    private static string Fit(string text, int width) =>
        text.Length <= width ? Plain(text).PadRight(width) : string.Concat(Plain(text).AsSpan(0, width - 1), "…");

    /// <summary>The members of the data that are single values and stand in no other column.</summary>
    private static string DataText(OrderNotification order) => order.Data.ValueKind switch
    {
        JsonValueKind.Undefined => "",
        JsonValueKind.Object => string.Join(", ", order.Data.EnumerateObject()
            .Select(member => (member.Name, member.Value.ValueKind, Text: member.Value.ToString()))
            .Where(member => member.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array) && member.Text != order.OrderId)
            .Select(member => $"{member.Name} {member.Text}")),
        _ => order.Data.ToString(),
    };

    /// <summary>Text of others must not control the terminal.</summary>
    private static string Plain(string text) => string.Concat(text.Select(unit => char.IsControl(unit) ? ' ' : unit));
}

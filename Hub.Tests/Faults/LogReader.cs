using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Faults;

/// <summary>Reads back all that a server retains, through its public history API.</summary>
internal static class LogReader
{
    public static async Task ReadAsync(
        ServerProcess server, Recording recording, IReadOnlyList<string> users, IReadOnlyList<string> groups, CancellationToken cancel)
    {
        recording.Log.Clear();
        foreach (var user in users)
        {
            var token = Tokens.For(user, [.. groups]);
            for (var (after, more) = ("earliest", true); more;)
            {
                var page = await server.HistoryAsync(token, $"?limit=500&after={after}", cancel);
                foreach (var item in page.GetProperty("items").EnumerateArray())
                {
                    if (item.IsNotification()) Add(recording, Got.Of(item), isFirst: user == users[0]);
                    // Retention removed entries between two pages.
                    else recording.Log[item.GetProperty("gap").GetProperty("topic").GetString()!].Clear();
                }
                (after, more) = (page.Cursor(), page.GetProperty("more").GetBoolean());
            }
        }
    }

    // Every user reads the shared topics; count them once.
    private static void Add(Recording recording, Got item, bool isFirst)
    {
        if (!isFirst && !item.Place.Topic.StartsWith("user:", StringComparison.Ordinal)) return;
        if (!recording.Log.TryGetValue(item.Place.Topic, out var items)) recording.Log[item.Place.Topic] = items = [];
        items.Add(item);
    }
}

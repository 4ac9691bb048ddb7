using System.Net.Http.Json;
using Realtime.Compare.Load;

namespace Realtime.Compare.Contenders;

/// <summary>The baseline: requests the history every second, as a page without a push transport would.</summary>
internal sealed class PollingContender : IContender
{
    /// <summary>From the end of one request to the start of the next, unless there is more to fetch.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public string Name => "Polling";

    public async Task ReadAsync(Seat seat, CancellationToken cancel)
    {
        using var client = PlainHttp.For(seat);
        while (true)
        {
            using var request = PlainHttp.Get($"/api/notifications?after={seat.After}&limit=500", "application/json");
            using var answer = await client.SendAsync(request, cancel);
            answer.EnsureSuccessStatusCode();
            var page = await answer.Content.ReadFromJsonAsync<Page>(PlainHttp.Json, cancel)
                ?? throw new InvalidDataException("The history was null.");
            foreach (var item in page.Items) seat.Take(item);
            seat.Take(new(page.Cursor, null));
            if (!page.More) await Task.Delay(Interval, TimeProvider.System, cancel);
        }
    }

    private sealed record Page(IReadOnlyList<Item> Items, string Cursor, bool More);
}

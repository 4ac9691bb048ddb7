using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Realtime.Tests.Support;

namespace Realtime.Tests.Dashboard;

/// <summary>
/// How smoothly the list takes 500 notifications a second, by the browser's own tracing. Prints figures and asserts none, because they
/// depend on the machine and its load.
/// </summary>
[Category("Campaign"), CancelAfter(180_000)]
internal sealed class ListSpeedCampaign : DashboardFixture
{
    private const string Customer = "PK-19075";
    private const int PerSecond = 500;
    private const int BatchesPerSecond = 20;
    private const int Seconds = 15;

    [Test]
    public async Task Five_hundred_notifications_a_second_are_drawn(CancellationToken cancel)
    {
        Requires.Campaigns();
        await using var page = await OpenAsync();
        await page.SignInAsync(Customer);
        await PlaceManyAsync(Customer, 10_000, 0, cancel);
        await page.Page.Locator(".row[aria-setsize='10000']").First.WaitForAsync();

        var events = new ConcurrentQueue<JsonElement>();
        var traced = new TaskCompletionSource();
        var devTools = await page.Page.Context.NewCDPSessionAsync(page.Page);
        devTools.Event("Tracing.dataCollected").OnEvent += (
            _, data) =>
        { foreach (var it in data!.Value.GetProperty("value").EnumerateArray()) events.Enqueue(it.Clone()); };
        devTools.Event("Tracing.tracingComplete").OnEvent += (_, _) => traced.TrySetResult();
        await devTools.SendAsync("Tracing.start", new Dictionary<string,
            object>
        {
            ["transferMode"] = "ReportEvents",
            ["categories"] = "devtools.timeline,disabled-by-default-devtools.timeline.frame"
        });

        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / BatchesPerSecond), TimeProvider.System);
        for (var batch = 0; batch < Seconds * BatchesPerSecond; batch++)
        {
            await timer.WaitForNextTickAsync(cancel);
            await PlaceManyAsync(Customer, PerSecond / BatchesPerSecond, 10_000 + (batch * PerSecond / BatchesPerSecond), cancel);
        }
        await page.Page.Locator($".row[data-order='CA-{10_000 + (Seconds * PerSecond)}']").WaitForAsync();
        await devTools.SendAsync("Tracing.end");
        await Eventually.Ends("the trace is complete", traced.Task, cancel);

        var frames = events.Where(it => it.GetProperty("name").GetString() == "DrawFrame")
            .Select(it => it.GetProperty("ts").GetDouble() / 1e6).Order().ToList();
        var perSecond = frames.GroupBy(at => (int)(at - frames[0])).OrderBy(it => it.Key).Select(it => it.Count()).SkipLast(1).ToList();
        Assert.That(perSecond, Is.Not.Empty, "frames were traced");
        await TestContext.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{PerSecond} notifications/s onto 10,000 rows for {Seconds} s: frames a second {string.Join(' ', perSecond)}; fewest "
            + $"{perSecond.Min()}"));
        Assert.That(page.Complaints, Is.Empty);
    }
}

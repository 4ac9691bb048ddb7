using Microsoft.Playwright;
using Realtime.Tests.Support;

namespace Realtime.Tests.Browser;

/// <summary>The installed Chromium, driven by Playwright; none is downloaded.</summary>
internal static class Chromium
{
    private static readonly string[] Arguments =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
        // A name that is not this machine for the browser: no secure context, as on an intranet.
        "--host-resolver-rules=MAP intranet.test 127.0.0.1",
    ];

    /// <param name="withoutDefaults">Switches that Playwright sets and this test cannot have.</param>
    public static async Task<IBrowser> LaunchAsync(IPlaywright playwright, params string[] withoutDefaults) =>
        await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Requires.Command("chromium", "chromium-browser", "google-chrome"),
            Args = Arguments,
            IgnoreDefaultArgs = withoutDefaults,
            ChromiumSandbox = false,
        });
}

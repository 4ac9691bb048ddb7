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

    // Playwright's own; it would turn off what a test is about.
    private static readonly string[] Unwanted = ["--disable-back-forward-cache"];

    public static async Task<IBrowser> LaunchAsync(IPlaywright playwright) =>
        await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Requires.Command("chromium", "chromium-browser", "google-chrome"),
            Args = Arguments,
            IgnoreDefaultArgs = Unwanted,
            ChromiumSandbox = false,
        });
}

using Microsoft.Playwright;

namespace Realtime.Tests.Support;

/// <summary>The installed Chromium, without a window. One for a fixture; each page has a profile of its own.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    // Nothing may leave this machine, and nothing may wait for a screen or a sandbox that a container does not have.
    private static readonly string[] Arguments =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-default-apps",
        "--no-proxy-server", "--metrics-recording-only", "--disable-domain-reliability",
    ];

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    public static async Task<Chromium> LaunchAsync()
    {
        var program = Requires.Command("chromium", "chromium-browser", "google-chrome");
        var playwright = await Playwright.CreateAsync();
        try
        {
            return new(playwright, await playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = Arguments, Timeout = 60_000 }));
        }
        catch
        {
            playwright.Dispose();
            throw;
        }
    }

    /// <summary>A page that nobody has seen before. Closing its context forgets everything.</summary>
    public async Task<IPage> NewPageAsync(BrowserNewContextOptions? options = null)
    {
        var context = await _browser.NewContextAsync(options ?? new());
        context.SetDefaultTimeout(30_000);
        return await context.NewPageAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}

using Microsoft.Playwright;

namespace Realtime.Tests.Support;

/// <summary>The installed Chromium, without a window. One for a fixture; each page has a profile of its own.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    // The browser must not access other machines, nor wait for a screen or a sandbox that a container does not have.
    private static readonly string[] Arguments =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-default-apps",
        "--no-proxy-server", "--metrics-recording-only", "--disable-domain-reliability",
        // A name that the browser does not treat as this machine: no secure context, as on an intranet.
        "--host-resolver-rules=MAP intranet.test 127.0.0.1",
    ];

    // A default of Playwright that would disable what a test is about.
    private static readonly string[] Unwanted = ["--disable-back-forward-cache"];

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    public static async Task<Chromium> LaunchAsync()
    {
        var program = Requires.Command("chromium", "chromium-browser", "google-chrome");
        var playwright = await Playwright.CreateAsync();
        try
        {
            var options = new BrowserTypeLaunchOptions
            {
                ExecutablePath = program,
                Args = Arguments,
                IgnoreDefaultArgs = Unwanted,
                Timeout = 60_000
            };
            return new(playwright, await playwright.Chromium.LaunchAsync(options));
        }
        catch
        {
            playwright.Dispose();
            throw;
        }
    }

    /// <summary>A browser with an empty profile, for any number of tabs. Closing it deletes the profile.</summary>
    public async Task<IBrowserContext> NewContextAsync(BrowserNewContextOptions? options = null)
    {
        var context = await _browser.NewContextAsync(options ?? new());
        context.SetDefaultTimeout(30_000);
        return context;
    }

    /// <summary>The first page of a browser of its own.</summary>
    public async Task<IPage> NewPageAsync(BrowserNewContextOptions? options = null) =>
        await (await NewContextAsync(options)).NewPageAsync();

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}

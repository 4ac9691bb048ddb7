using Realtime.Samples.Desktop;
using Terminal.Gui.App;

// 1 · Options — 2 · Token (Tokens) — 3 · Feed (Reader) — 4 · Screen (OrdersWindow)
return await CommandLine.Create(RunAsync).Parse(args).InvokeAsync();

static async Task<int> RunAsync(DesktopOptions options, CancellationToken cancel)
{
    if (Console.IsInputRedirected || Console.IsOutputRedirected)
    {
        await Console.Error.WriteLineAsync("This program draws on a terminal: start it without redirecting its input and output.");
        return 1;
    }
    using var tokens = new Tokens(options);
    if (await tokens.FaultAsync(cancel) is { } fault)
    {
        await Console.Error.WriteLineAsync(fault);
        return 1;
    }
    await using var reader = new Reader(options, tokens, TimeProvider.System);
    await reader.ConnectAsync();
    using var app = Application.Create();
    app.Init();
    using var window = new OrdersWindow(app, reader, options, TimeProvider.System);
    app.Run(window);
    return 0;
}

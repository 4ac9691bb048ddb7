using System.Diagnostics;
using System.Globalization;
using Realtime.Tests.Support;

namespace Realtime.Tests.Samples;

/// <summary>A program in a terminal that tmux makes: keys go in, and what the screen shows can be read.</summary>
internal sealed class Terminal : IDisposable
{
    private const string Columns = "110", Rows = "30";

    private const string EndMark = "-- ended with ";

    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(20);

    // A cold start on a busy machine, or a server that comes back.
    private static readonly TimeSpan ShowLimit = TimeSpan.FromSeconds(40);

    private readonly string _tmux = Requires.Command("tmux");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hub-tmux-");
    private readonly ChildProcess _server;

    private Terminal()
    {
        // -D: tmux stays a child of this process, and so ends with it.
        var start = Command("-D", "-f", "/dev/null");
        DotNetHost.ForgetServerVariables(start);
        _server = ChildProcess.Start(start);
    }

    /// <param name="variables">Environment variables of the program.</param>
    /// <param name="command">The program and its arguments.</param>
    public static async Task<Terminal> StartAsync(
        IReadOnlyDictionary<string, string> variables, IReadOnlyList<string> command, CancellationToken cancel)
    {
        var terminal = new Terminal();
        try
        {
            await Eventually.True("tmux listens", () => File.Exists(terminal.Socket), cancel);
            // The screen of a program that has ended stays.
            await terminal.RunAsync(cancel, "set-option", "-g", "remain-on-exit", "on");
            await terminal.RunAsync(cancel, [
                "new-session", "-d", "-x", Columns, "-y", Rows,
                "-e", "LANG=C.UTF-8", "-e", "COLORTERM=truecolor",
                .. variables.SelectMany(variable => new[] { "-e", $"{variable.Key}={variable.Value}" }),
                "--", "sh", "-c", $"\"$@\"; echo \"\n{EndMark}$?\"; read -r _", "sh", .. command]);
            return terminal;
        }
        catch
        {
            terminal.Dispose();
            throw;
        }
    }

    private string Socket => Path.Combine(_folder.FullName, "s");

    /// <summary>What the screen shows now, line by line.</summary>
    public Task<string> ScreenAsync(CancellationToken cancel) => RunAsync(cancel, "capture-pane", "-p");

    /// <summary>Waits until the screen shows something; fails the test, with what it shows instead, if it does not.</summary>
    public Task ShowsAsync(string text, CancellationToken cancel) =>
        BecomesAsync($"the screen shows '{text}'", screen => screen.Contains(text, StringComparison.Ordinal), cancel);

    /// <inheritdoc cref="ShowsAsync"/>
    public async Task BecomesAsync(string reason, Func<string, bool> condition, CancellationToken cancel)
    {
        var screen = "";
        try
        {
            await Eventually.True(reason, async () => condition(screen = await ScreenAsync(cancel)), ShowLimit, cancel);
        }
        catch (AssertionException)
        {
            TestContext.Out.WriteLine(screen);
            throw;
        }
    }

    /// <summary>Presses keys, by tmux's names of them: <c>a</c>, <c>End</c>.</summary>
    public Task PressAsync(string key, CancellationToken cancel) => RunAsync(cancel, "send-keys", key);

    /// <summary>Waits for the end of the program.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> ExitAsync(CancellationToken cancel)
    {
        string? end = null;
        // Not from tmux, which sometimes misses the end of a program, or what it printed last: so the shell says it, and stays.
        await BecomesAsync("the program ends", screen =>
            (end = screen.Split('\n').FirstOrDefault(line => line.StartsWith(EndMark, StringComparison.Ordinal))) is not null, cancel);
        return int.Parse(end![EndMark.Length..], CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        _server.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<string> RunAsync(CancellationToken cancel, params string[] arguments)
    {
        using var command = ChildProcess.Start(Command(arguments));
        var code = await command.ExitAsync(CommandLimit, cancel);
        Assert.That(code, Is.Zero, $"tmux {string.Join(' ', arguments)}:\n{command.Output}");
        return command.Output;
    }

    private ProcessStartInfo Command(params string[] arguments) => new(_tmux, ["-u", "-S", Socket, .. arguments]);
}

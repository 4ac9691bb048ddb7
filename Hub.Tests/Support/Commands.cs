using System.Diagnostics;

namespace Realtime.Tests.Support;

/// <summary>Short commands of the operating system.</summary>
internal static class Commands
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Runs a command to its end; fails the test, with what it printed, if it does not succeed.</summary>
    public static async Task RunAsync(string program, params string[] arguments)
    {
        using var command = ChildProcess.Start(new ProcessStartInfo(program, arguments));
        var code = await command.ExitAsync(Limit);
        Assert.That(code, Is.Zero, $"{program} {string.Join(' ', arguments)}:\n{command.Output}");
    }

    /// <summary>Whether a command ran and succeeded.</summary>
    public static async Task<bool> SucceedsAsync(string program, params string[] arguments)
    {
        if (Requires.Find(program) is not { } path) return false;
        using var command = ChildProcess.Start(new ProcessStartInfo(path, arguments));
        return await command.ExitAsync(Limit) == 0;
    }
}

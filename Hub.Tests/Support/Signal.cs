using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Realtime.Tests.Support;

/// <summary>The signals that one process can send to another.</summary>
internal enum Signal
{
    /// <summary>SIGTERM: please end.</summary>
    Terminate,

    /// <summary>SIGINT: Ctrl-C.</summary>
    Interrupt,

    /// <summary>SIGHUP: the terminal was closed.</summary>
    HangUp,

    /// <summary>SIGKILL: ends now, whatever it is doing.</summary>
    Kill,

    /// <summary>SIGSTOP: stands still, its sockets stay open.</summary>
    Stop,

    /// <summary>SIGCONT: goes on after <see cref="Stop"/>.</summary>
    Continue,
}

internal static class Signals
{
    public static void Send(this Process process, Signal signal)
    {
        Requires.Signals();
        // Numbers that differ between systems differ here only between Linux and the BSDs.
        var number = signal switch
        {
            Signal.Terminate => 15,
            Signal.Interrupt => 2,
            Signal.HangUp => 1,
            Signal.Kill => 9,
            Signal.Stop => OperatingSystem.IsLinux() ? 19 : 17,
            Signal.Continue => OperatingSystem.IsLinux() ? 18 : 19,
            _ => throw new UnreachableException(),
        };
        if (Kill(process.Id, number) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
        if (signal == Signal.Stop && OperatingSystem.IsLinux()) AwaitStandstill(process.Id);
    }

    /// <summary>
    /// SIGSTOP is sent to a process, and its threads stop one after the other: on a busy machine one may still answer a request.
    /// </summary>
    private static void AwaitStandstill(int process)
    {
        var limit = TimeSpan.FromSeconds(5);
        if (!SpinWait.SpinUntil(() => Directory.EnumerateDirectories($"/proc/{process}/task").All(HasStopped), limit))
            throw new TimeoutException($"Not all threads of process {process} stand still {limit.TotalSeconds:0} s after SIGSTOP.");
    }

    private static bool HasStopped(string thread)
    {
        try
        {
            // proc(5): the state follows the name, which is in parentheses and may contain some.
            var status = File.ReadAllText(Path.Combine(thread, "stat"));
            return status[status.LastIndexOf(')') + 2] is 'T' or 'Z';
        }
        catch (IOException)
        {
            return true;   // the thread has ended
        }
    }

    /// <summary>
    /// Lets a program be interrupted also where the tests run in the background: whatever a shell starts there ignores SIGINT, and so do
    /// its children (POSIX, Shell Command Language, 2.11).
    /// </summary>
    public static ProcessStartInfo Interruptible(this ProcessStartInfo start)
    {
        // Only GNU's env can do it.
        if (!OperatingSystem.IsLinux()) return start;
        start.ArgumentList.Insert(0, start.FileName);
        start.ArgumentList.Insert(0, "--default-signal=INT");
        start.FileName = "env";
        return start;
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}

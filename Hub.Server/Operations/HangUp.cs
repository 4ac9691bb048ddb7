using System.Globalization;

namespace Realtime.Server.Operations;

/// <summary>SIGHUP: a closed terminal sends it, and programs under <c>nohup</c> ignore it.</summary>
internal static class HangUp
{
    private const string Status = "/proc/self/status", Ignored = "SigIgn:";

    /// <summary>True if this process was started with SIGHUP ignored. Only Linux reports that.</summary>
    public static bool IsIgnored() => OperatingSystem.IsLinux() && IsIgnoredIn(File.ReadLines(Status));

    /// <param name="status">
    /// The lines of a process's status (proc_pid_status(5)). <c>SigIgn:</c> has a bit for each signal; SIGHUP's is the lowest.
    /// </param>
    public static bool IsIgnoredIn(IEnumerable<string> status) => status
        .Where(line => line.StartsWith(Ignored, StringComparison.Ordinal))
        .Any(line => ulong.TryParse(line.AsSpan(Ignored.Length)
            .Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var signals) && (signals & 1) != 0);
}

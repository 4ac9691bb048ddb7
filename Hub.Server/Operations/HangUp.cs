using System.Globalization;

namespace Realtime.Server.Operations;

/// <summary>SIGHUP, which a closed terminal sends, and which <c>nohup</c> has its programs ignore.</summary>
internal static class HangUp
{
    private const string Status = "/proc/self/status", Ignored = "SigIgn:";

    /// <summary>Whether this process was started so that it ignores SIGHUP. Only Linux says so.</summary>
    public static bool IsIgnored() => OperatingSystem.IsLinux() && IsIgnoredIn(File.ReadLines(Status));

    /// <param name="status">Lines of a process's status: <c>SigIgn:</c> and a bit for each signal, the lowest is SIGHUP's
    /// (proc_pid_status(5)).</param>
    public static bool IsIgnoredIn(IEnumerable<string> status) => status
        .Where(line => line.StartsWith(Ignored, StringComparison.Ordinal))
        .Any(line => ulong.TryParse(line.AsSpan(Ignored.Length)
            .Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var signals) && (signals & 1) != 0);
}

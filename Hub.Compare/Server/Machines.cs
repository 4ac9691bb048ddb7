using System.Diagnostics;
using System.Globalization;

namespace Realtime.Compare.Server;

/// <summary>Values that only the operating system knows. Most precise on Linux.</summary>
internal static class Machines
{
    private const double TicksPerSecond = 100;   // USER_HZ, the same on every Linux
    private const string Stat = "/proc/stat";

    /// <summary>
    /// CPU time that all processes have used; null if the system does not report it for exactly the processors that we have.
    /// </summary>
    public static TimeSpan? Cpu()
    {
        if (!File.Exists(Stat)) return null;
        var lines = File.ReadAllLines(Stat);
        if (lines.Count(line => line.StartsWith("cpu", StringComparison.Ordinal)) - 1 != Environment.ProcessorCount) return null;
        // "cpu  user nice system idle iowait irq softirq …"
        var ticks = lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1)
            .Select(text => long.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        return TimeSpan.FromSeconds((ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) / TicksPerSecond);
    }

    /// <summary>Private memory of a process: memory mapped from files comes and goes, and is not a cost.</summary>
    public static long BytesOf(Process process)
    {
        const string Key = "RssAnon:";
        var status = $"/proc/{process.Id.ToString(CultureInfo.InvariantCulture)}/status";
        var line = File.Exists(status)
            ? File.ReadLines(status).FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal))
            : null;
        if (line is not null) return 1024 * long.Parse(line.AsSpan(Key.Length).Trim(" \tkB"), CultureInfo.InvariantCulture);
        process.Refresh();
        return process.PrivateMemorySize64;
    }
}

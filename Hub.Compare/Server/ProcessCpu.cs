using System.Diagnostics;
using System.Globalization;

namespace Realtime.Compare.Server;

/// <summary>The CPU time of another process: on Linux to the nanosecond, elsewhere as precise as the system's counters.</summary>
/// <remarks>Linux's ordinary counters move in steps of 10 ms, which is more than a short scenario costs.</remarks>
internal sealed class ProcessCpu(Process process)
{
    // By thread: one that has ended keeps its last value.
    private readonly Dictionary<string, long> _nanoseconds = [];

    public TimeSpan Total()
    {
        var tasks = new DirectoryInfo($"/proc/{process.Id.ToString(CultureInfo.InvariantCulture)}/task");
        if (!OperatingSystem.IsLinux() || !tasks.Exists) return process.TotalProcessorTime;
        foreach (var task in tasks.EnumerateDirectories())
        {
            try
            {
                // "<ns on a CPU> <ns waiting for one> <turns>"
                var text = File.ReadAllText(Path.Combine(task.FullName, "schedstat"));
                _nanoseconds[task.Name] = long.Parse(
                    text.AsSpan(0, text.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
            }
            catch (Exception gone) when (gone is IOException
                or ArgumentOutOfRangeException)
            { /* the thread has just ended, or the kernel does not report it */ }
        }
        return _nanoseconds.Count > 0 ? TimeSpan.FromMicroseconds(_nanoseconds.Values.Sum() / 1000.0) : process.TotalProcessorTime;
    }
}

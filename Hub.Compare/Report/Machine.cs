using System.Globalization;
using System.Runtime.InteropServices;

namespace Realtime.Compare.Report;

/// <summary>The machine on which the absolute figures were measured.</summary>
internal sealed record Machine(
    string System, string Processor, int Processors, double MemoryGiB, string Runtime, string Build, string MeasuredAt)
{
    public static Machine Describe(TimeProvider time) => new(
        RuntimeInformation.OSDescription, ProcessorName(), Environment.ProcessorCount,
        Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30), 1), RuntimeInformation.FrameworkDescription,
#if DEBUG
        "Debug",
#else
        "Release",
#endif
        time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));

    private static string ProcessorName()
    {
        const string Key = "model name";
        const string Linux = "/proc/cpuinfo";
        var line = File.Exists(Linux) ? File.ReadLines(Linux).FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal)) : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}

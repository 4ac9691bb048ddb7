using Realtime.Compare.Load;
using Realtime.Compare.Wire;

namespace Realtime.Compare.Scenarios;

/// <summary>Where all counters stand at one moment.</summary>
/// <param name="ServerCpu">Null where the server is not ours.</param>
/// <param name="ServerBytes">Its working set; null where it is not ours.</param>
/// <param name="LoadCpu">This process: readers, publisher and wire.</param>
internal readonly record struct Reading(long At, Traffic Traffic, TimeSpan? ServerCpu, long? ServerBytes, TimeSpan LoadCpu)
{
    public static Reading Take(Bench bench, Traffic traffic)
    {
        bench.Target.Process?.Refresh();
        return new(
            bench.Time.GetTimestamp(), traffic, bench.Target.Cpu?.Total(), bench.Target.Process?.WorkingSet64, Environment.CpuUsage.TotalTime);
    }
}

/// <summary>What came of publishing to a session.</summary>
internal sealed record Delivered(Balance Balance, Reading Before, Reading After, OpenLoop Loop);

using Realtime.Compare.Load;
using Realtime.Compare.Wire;

namespace Realtime.Compare.Scenarios;

/// <summary>Where all counters stand at one moment.</summary>
/// <param name="ServerCpu">Null where the server is not ours.</param>
/// <param name="ServerBytes">Its own memory, not what it shares or maps; null where it is not ours.</param>
/// <param name="LoadCpu">This process: readers, publisher and wire.</param>
/// <param name="MachineCpu">All processes; null where the system does not say.</param>
internal readonly record struct Reading(
    long At, Traffic Traffic, TimeSpan? ServerCpu, long? ServerBytes, TimeSpan LoadCpu, TimeSpan? MachineCpu);

/// <summary>What came of publishing to a session.</summary>
internal sealed record Delivered(Balance Balance, Reading Before, Reading After, OpenLoop Loop);

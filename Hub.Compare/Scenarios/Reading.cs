using Realtime.Compare.Load;
using Realtime.Compare.Wire;

namespace Realtime.Compare.Scenarios;

/// <summary>The values of all counters at one moment.</summary>
/// <param name="ServerCpu">Null if the server is not ours.</param>
/// <param name="ServerBytes">Private memory, without what is shared or mapped; null if the server is not ours.</param>
/// <param name="LoadCpu">This process: readers, publisher and wire.</param>
/// <param name="MachineCpu">All processes; null if the system does not report it.</param>
internal readonly record struct Reading(
    long At, Traffic Traffic, TimeSpan? ServerCpu, long? ServerBytes, TimeSpan LoadCpu, TimeSpan? MachineCpu);

/// <summary>The result of publishing to a session.</summary>
internal sealed record Delivered(Balance Balance, Reading Before, Reading After, OpenLoop Loop);

using System.ComponentModel.DataAnnotations;

namespace Realtime.Server.Operations;

/// <summary><c>Hub:Drain</c>: how a node stops.</summary>
internal sealed class DrainOptions
{
    public const string Section = "Hub:Drain";

    /// <summary>
    /// The time over which a stopping node closes its readers' connections. Default 15 s; 0 to 10 minutes. An orchestrator must wait 10 s
    /// longer before it kills the process.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Duration { get; set; } = TimeSpan.FromSeconds(15);
}

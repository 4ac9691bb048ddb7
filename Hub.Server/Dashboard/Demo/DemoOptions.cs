using System.ComponentModel.DataAnnotations;

namespace Realtime.Server.Dashboard.Demo;

/// <summary><c>Hub:Demo</c>: the replay of sample orders.</summary>
internal sealed class DemoOptions
{
    public const string Section = "Hub:Demo";

    /// <summary>Default: in Development only.</summary>
    public bool? Enabled { get; set; }

    /// <summary>Orders placed per second; each is shipped some seconds later. Default 1; 0.1 to 250.</summary>
    [Range(0.1, 250)]
    public double OrdersPerSecond { get; set; } = 1;
}

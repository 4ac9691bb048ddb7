using System.ComponentModel.DataAnnotations;

namespace Realtime.Server.Log;

/// <summary>The folder of the embedded store, and how long a log keeps entries: the section <c>Hub</c>.</summary>
internal sealed class LogOptions
{
    /// <summary>
    /// Folder of the embedded store, <c>Hub:DataPath</c>; created if it is missing. Only one process at a time may use it.
    /// </summary>
    public string DataPath { get; set; } = "data";

    /// <summary><c>Hub:Retention</c>.</summary>
    public RetentionOptions Retention { get; set; } = new();
}

/// <summary>The retention of a topic. Entries beyond either limit are removed soon after, in the background.</summary>
internal sealed class RetentionOptions
{
    /// <summary>Notifications older than this are removed. Default 3 days; 1 minute to 30 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan Age { get; set; } = TimeSpan.FromDays(3);

    /// <summary>A topic keeps at most this many notifications, the newest. Default 10,000; 1 to 10,000,000.</summary>
    [Range(1, 10_000_000)]
    public int Count { get; set; } = 10_000;
}

using System.Globalization;

namespace Realtime.Server.Connections;

/// <summary>
/// How many files and sockets this process may have open. Without a free descriptor the runtime cannot load code and aborts.
/// </summary>
internal static class FileDescriptors
{
    /// <summary>
    /// Descriptors that the server itself uses: its assemblies (two for each, 270), the store, and the links to Redis. Measured: 275 with
    /// the embedded store, 297 with Redis and TLS in use.
    /// </summary>
    public const int Own = 320;

    /// <summary>A node does not start without descriptors for this many connections.</summary>
    public const int FewestConnections = 256;

    /// <summary>How an operator raises the limit, for messages.</summary>
    public const string HowToRaise = "ulimit -n, LimitNOFILE= in a systemd unit, --ulimit nofile= for a container";

    private const string LimitsFile = "/proc/self/limits";
    private const string OpenFiles = "Max open files";

    /// <summary>
    /// The soft limit. The runtime has raised it to the hard one by the time this is read. Null if it is unknown, or if there is none.
    /// </summary>
    public static int? Limit { get; } = File.Exists(LimitsFile) ? Parse(File.ReadLines(LimitsFile)) : null;

    /// <summary>
    /// Descriptors that clients' connections never take. They are for files that are open briefly, and for connections to other nodes,
    /// which forwarded requests need.
    /// </summary>
    public static int Reserve(int limit) => Math.Max(64, limit / 10);

    /// <summary>The default of <c>Hub:Limits:Connections</c>.</summary>
    public static int LeftForConnections(int limit) => Math.Max(0, limit - Reserve(limit) - Own);

    /// <summary>Null if the limit is enough; else what is wrong and how to fix it.</summary>
    public static string? Fault(int? limit)
    {
        if (limit is not { } files || LeftForConnections(files) >= FewestConnections) return null;
        var needed = FewestConnections + Own + Reserve(0);
        return $"This process may have only {files} files open, which leaves {LeftForConnections(files)} for connections, and at least "
            + $"{FewestConnections} are needed: raise the limit to {needed} or more ({HowToRaise}).";
    }

    /// <summary>
    /// True if so many descriptors are in use that accepting must stop. The system assigns the lowest free number, so the number of a new
    /// descriptor shows how many are in use, for any purpose.
    /// </summary>
    public static bool IsReserved(nint descriptor) => Limit is { } limit && descriptor >= limit - Reserve(limit);

    /// <summary>Like <see cref="IsReserved"/>, for connections to other nodes: they may take half of the reserve.</summary>
    public static bool IsScarce(nint descriptor) => Limit is { } limit && descriptor >= limit - Reserve(limit) / 2;

    /// <param name="lines">As in <c>/proc/self/limits</c>: name, soft limit, hard limit, unit.</param>
    internal static int? Parse(IEnumerable<string> lines)
    {
        var line = lines.FirstOrDefault(line => line.StartsWith(OpenFiles, StringComparison.Ordinal));
        var soft = line?[OpenFiles.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            ? (int)Math.Min(limit, int.MaxValue)
            : null;
    }
}

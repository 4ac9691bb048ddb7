using System.Globalization;
using System.Net;

namespace Realtime.Server.Redis.Servers;

/// <summary>The answer to <c>INFO</c>.</summary>
internal readonly struct ServerInfo
{
    private const string KeepsEverything = "noeviction";

    private readonly string[] _lines;

    private ServerInfo(string[] lines) => _lines = lines;

    public static ServerInfo Parse(string text) => new(text.Split("\r\n"));

    /// <summary>The value of a field; null if the server does not have it.</summary>
    public string? this[string field] =>
        _lines.FirstOrDefault(line => line.Length > field.Length && line[field.Length] == ':'
            && line.StartsWith(field, StringComparison.Ordinal))?[(field.Length + 1)..];

    /// <summary>True if the server evicts keys when its memory is full.</summary>
    public bool MayEvict => this["maxmemory_policy"] is { } policy and not KeepsEverything;

    /// <summary>The master that a replica follows; null if there is none.</summary>
    public EndPoint? Master =>
        this["master_host"] is { Length: > 0 } host
        && ushort.TryParse(this["master_port"], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port)
            : null;

    public bool HasMemoryLimit => this["maxmemory"] is { } limit and not "0";
}

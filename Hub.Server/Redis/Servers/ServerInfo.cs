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
    public EndPoint? Master => EndPointOf(this["master_host"], this["master_port"]);

    /// <summary>An address as servers tell it; null if it is none.</summary>
    public static EndPoint? EndPointOf(string? host, string? port) =>
        host is { Length: > 0 } && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, number) : new DnsEndPoint(host, number)
            : null;

    /// <summary>False if the server says that it writes no append-only file. Hosted ones may not say.</summary>
    public bool IsPersistent => this["aof_enabled"] is not "0";

    public bool HasMemoryLimit => this["maxmemory"] is { } limit and not "0";
}

using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Realtime.Server.Routing.Nodes;

/// <summary>The address at which the other nodes reach a node.</summary>
internal static class NodeAddress
{
    private static readonly IPNetwork SelfGiven = IPNetwork.Parse("169.254.0.0/16");

    /// <summary>
    /// Parses an origin: <c>http://host:port</c>, without path, query and credentials. An IPv6 address with a port may lack its brackets.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Uri? address) =>
        Uri.TryCreate(WithBrackets(text), UriKind.Absolute, out address)
        && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
        && address.PathAndQuery == "/" && address.UserInfo.Length == 0 && address.Fragment.Length == 0 && address.Host.Length > 0;

    /// <summary>Whether a host means every address of a machine.</summary>
    public static bool IsEverywhere(string host) => host is "*" or "+" or "0.0.0.0" or "[::]" or "::";

    /// <summary>
    /// The configured address, or one derived from the server's listeners: loopback only as a last resort, then plain HTTP before TLS.
    /// </summary>
    /// <param name="set"><c>Hub:Node:Address</c>; null or empty: not set.</param>
    /// <param name="listening">Addresses as Kestrel names them, e.g. <c>http://[::]:8080</c>.</param>
    /// <param name="own">This machine's address; null if it has only loopback.</param>
    /// <returns>Null if no listener can be reached by another process.</returns>
    public static Uri? Of(string? set, IEnumerable<string> listening, IPAddress? own)
    {
        if (set is { Length: > 0 } && TryParse(set, out var address)) return address;
        return listening
            .Select(BindingAddress.Parse)
            .Where(listener => !listener.IsUnixPipe && !listener.IsNamedPipe)
            .Select(listener => new UriBuilder(listener.Scheme, HostOf(listener.Host, own), listener.Port).Uri)
            .OrderBy(it => it.IsLoopback)
            .ThenBy(it => it.Scheme != Uri.UriSchemeHttp)
            .FirstOrDefault();
    }

    /// <summary>An address of this machine that other machines can use; null if it has only loopback.</summary>
    public static IPAddress? OfThisMachine() => Best(NetworkInterface.GetAllNetworkInterfaces()
        .Where(network => network.OperationalStatus == OperationalStatus.Up
            && network.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .Select(network => network.GetIPProperties())
        .SelectMany(network => network.UnicastAddresses.Select(own =>
            (own.Address, network.GatewayAddresses.Any(gateway => gateway.Address.AddressFamily == own.Address.AddressFamily)))));

    /// <summary>
    /// An address with a gateway comes before one without: on a machine with IPv6 only, its containers' bridge still has an IPv4 address.
    /// After that, IPv4 comes before IPv6.
    /// </summary>
    public static IPAddress? Best(IEnumerable<(IPAddress Address, bool HasGateway)> own) => own
        .Where(one => !IPAddress.IsLoopback(one.Address) && !IsLinkLocal(one.Address))
        .OrderBy(one => !one.HasGateway)
        .ThenBy(one => one.Address.AddressFamily != AddressFamily.InterNetwork)
        .Select(one => one.Address)
        .FirstOrDefault();

    private static string HostOf(string listener, IPAddress? own)
    {
        if (!IsEverywhere(listener)) return listener;
        if (own is null) return "127.0.0.1";
        return own.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{own}]" : own.ToString();
    }

    // Addresses that a machine assigns to itself if nothing else does: they are not routed.
    private static bool IsLinkLocal(IPAddress address) => address.IsIPv6LinkLocal || SelfGiven.Contains(address);

    // Kubernetes and others put a pod's address into the setting without brackets: http://$(POD_IP):8080.
    private static string WithBrackets(string text)
    {
        var host = text.IndexOf("://", StringComparison.Ordinal) + "://".Length;
        var port = text.LastIndexOf(':');
        var isBare = host >= "://".Length && port > host && text[host] != '['
            && IPAddress.TryParse(text.AsSpan()[host..port], out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
        return isBare ? $"{text[..host]}[{text[host..port]}]{text[port..]}" : text;
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Realtime.Server.Routing;

/// <summary>Where a node is reached by the others.</summary>
internal static class NodeAddress
{
    /// <summary>An origin: <c>http://host:port</c>. Paths, queries and credentials have no place in it.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Uri? address) =>
        Uri.TryCreate(text, UriKind.Absolute, out address)
        && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
        && address.PathAndQuery == "/" && address.UserInfo.Length == 0 && address.Fragment.Length == 0 && address.Host.Length > 0;

    /// <summary>Whether a host stands for every address of a machine.</summary>
    public static bool IsEverywhere(string host) => host is "*" or "+" or "0.0.0.0" or "[::]" or "::";

    /// <summary>The address that was set, or what can be told from where the server listens: a plain, wide listener before others.</summary>
    /// <param name="listening">Addresses as Kestrel names them, e.g. <c>http://[::]:8080</c>.</param>
    /// <param name="own">This machine's address; null: it has none but loopback.</param>
    /// <returns>Null: the server listens nowhere where another process could reach it.</returns>
    public static Uri? Of(NodeOptions options, IEnumerable<string> listening, IPAddress? own)
    {
        if (options.Address is { Length: > 0 } text && TryParse(text, out var set)) return set;
        return listening
            .Select(BindingAddress.Parse)
            .Where(listener => !listener.IsUnixPipe && !listener.IsNamedPipe)
            .Select(listener => new UriBuilder(listener.Scheme, HostOf(listener.Host, own), listener.Port).Uri)
            .OrderBy(address => address.IsLoopback)
            .ThenBy(address => address.Scheme != Uri.UriSchemeHttp)
            .FirstOrDefault();
    }

    /// <summary>The first address of this machine that others may know: of an interface with a gateway before one without.</summary>
    public static IPAddress? OfThisMachine() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(network => network.OperationalStatus == OperationalStatus.Up && network.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .Select(network => network.GetIPProperties())
        .OrderBy(network => network.GatewayAddresses.Count == 0)
        .SelectMany(network => network.UnicastAddresses)
        .Select(address => address.Address)
        .OrderBy(address => address.AddressFamily != AddressFamily.InterNetwork)
        .FirstOrDefault(address => !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal);

    private static string HostOf(string listener, IPAddress? own)
    {
        if (!IsEverywhere(listener)) return listener;
        if (own is null) return "127.0.0.1";
        return own.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{own}]" : own.ToString();
    }
}

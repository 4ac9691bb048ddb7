using System.Net.Sockets;
using System.Text;

namespace Realtime.Server.Operations;

/// <summary>How to fix an address that the server cannot listen on. Errors of Unix sockets are those of files.</summary>
internal static class ListenFaults
{
    public const string Addresses =
        "Correct the addresses to listen on (--urls, ASPNETCORE_URLS, Kestrel:Endpoints): they look like http://localhost:5080 or "
        + "http://*:80.";

    /// <summary>The longest path of a Unix socket that fits into Linux's <c>sockaddr_un</c>, in bytes.</summary>
    private const int LongestPath = 107;

    private const int FirstFreePort = 1024;

    /// <param name="listensAt">All addresses; the system does not say which one it refused.</param>
    public static string How(SocketError error, IEnumerable<string> listensAt)
    {
        var addresses = listensAt.ToList();
        return OfUnixSocket(error, addresses) ?? error switch
        {
            SocketError.AddressAlreadyInUse => "Stop what listens there, or give --urls another address.",
            SocketError.AccessDenied =>
                $"Take a port above 1023, or let the user '{Environment.UserName}' have lower ones (CAP_NET_BIND_SERVICE).",
            SocketError.AddressNotAvailable => "Give --urls an address that this machine has, for example http://*:80 for all of them.",
            SocketError.AddressFamilyNotSupported =>
                "This machine has no IPv6: give --urls an IPv4 address, for example http://0.0.0.0:80.",
            _ => Addresses,
        };
    }

    /// <returns>Null if no path of a Unix socket is too long.</returns>
    public static string? OfLongPath(IEnumerable<string> listensAt) =>
        listensAt.Select(StaleSockets.PathIn).OfType<string>().Any(path => Encoding.UTF8.GetByteCount(path) > LongestPath)
            ? $"The path of a Unix socket has at most {LongestPath} bytes: name a shorter one."
            : null;

    /// <returns>Null if the error is not one of a Unix socket.</returns>
    private static string? OfUnixSocket(SocketError error, List<string> addresses)
    {
        var paths = addresses.Select(StaleSockets.PathIn).OfType<string>().ToList();
        if (error == SocketError.AddressAlreadyInUse)
        {
            // A socket that a process listens on is not one of these: its address is in use like any other.
            return paths.Find(path => Directory.Exists(path) || (File.Exists(path) && !StaleSockets.IsSocket(path))) is { } taken
                ? $"{taken} is there and is no socket: remove it, or name another path." : null;
        }
        if (paths.Find(path => !Directory.Exists(FolderOf(path))) is { } lost)
            return $"The folder {FolderOf(lost)} does not exist, or the user '{Environment.UserName}' may not enter it: create it, or name "
                + "another path.";
        if (paths.Count == 0 || addresses.Exists(HasLowPort) || error is SocketError.AddressFamilyNotSupported) return null;
        return error == SocketError.AddressNotAvailable && paths.Count < addresses.Count ? null
            : $"Let the user '{Environment.UserName}' write to the folder {FolderOf(paths[0])}, or name another path.";
    }

    private static string FolderOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";

    private static bool HasLowPort(string address)
    {
        try
        {
            return BindingAddress.Parse(address.Trim()) is { IsUnixPipe: false, Port: > 0 and < FirstFreePort };
        }
        catch (FormatException)
        {
            return false;   // such as the ports in HTTP_PORTS
        }
    }
}

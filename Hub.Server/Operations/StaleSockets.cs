using System.Net.Sockets;

namespace Realtime.Server.Operations;

/// <summary>
/// Removes listening Unix sockets that a killed server has left. With them, each start would fail with "address already in use". A socket
/// that a process listens on stays, and so does every file that is not a socket.
/// </summary>
internal static class StaleSockets
{
    /// <summary>Linux's <c>ENXIO</c>: the error for opening a socket as a file. No usable file of another kind gives it.</summary>
    private const int NoSuchDevice = 6;

    public static void RemoveStaleSockets(this IConfiguration configuration)
    {
        if (!OperatingSystem.IsLinux()) return;
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]);
        foreach (var path in (configuration["urls"] ?? "").Split(';').Concat(endpoints).Select(PathIn).OfType<string>())
            if (IsSocket(path) && !IsListenedOn(path)) TryDelete(path);
    }

    /// <returns>Null if it is not the address of a Unix socket.</returns>
    public static string? PathIn(string? address)
    {
        try
        {
            return BindingAddress.Parse(address?.Trim() ?? "") is { IsUnixPipe: true } unix ? unix.UnixPipePath : null;
        }
        catch (FormatException)
        {
            return null;   // the web server reports the error
        }
    }

    public static bool IsSocket(string path)
    {
        try
        {
            // Open for reading and writing: opening a FIFO for one of them blocks until another process opens it for the other.
            File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete).Dispose();
            return false;
        }
        catch (Exception cannot) when (cannot is IOException or UnauthorizedAccessException)
        {
            return cannot.HResult == NoSuchDevice;
        }
    }

    private static bool IsListenedOn(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException refused)
        {
            // Other errors do not show whether a process listens, so the socket stays.
            return refused.SocketErrorCode != SocketError.ConnectionRefused;
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception cannot) when (cannot is IOException or UnauthorizedAccessException) { /* the web server says that it is in use */ }
    }
}

using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using Realtime.Server.Redis.Servers;
using StackExchange.Redis;

namespace Realtime.Server.Redis.Wire;

/// <summary>
/// Connects to one Redis server the way the client library does: tunnel, TLS and credentials come from the library's options.
/// </summary>
internal static class WireHandshake
{
    /// <summary>In bytes. A reply during the handshake is one line; a server in protected mode sends about 1,000.</summary>
    private const int MaxReply = 4 * 1024;

    /// <summary>Connects, authenticates and names the connection.</summary>
    /// <param name="name">Shown by <c>CLIENT LIST</c>.</param>
    /// <exception cref="RedisUnavailableException">The connection failed; the message says what to fix.</exception>
    public static async Task<Stream> ConnectAsync(ConfigurationOptions options, EndPoint server, string name, CancellationToken cancel)
    {
        Stream? stream = null;
        try
        {
            stream = await OpenAsync(options, server, cancel);
            if (options.Ssl) stream = await EncryptAsync(stream, options, server, cancel);
            await AuthenticateAsync(stream, options, server, cancel);
            await SetNameAsync(stream, server, name, cancel);
            return stream;
        }
        catch (Exception failed)
        {
            if (stream is not null) await stream.DisposeAsync();
            if (Describe(failed, options, server) is { } sentence) throw new RedisUnavailableException(sentence, failed);
            throw;
        }
    }

    private static async Task<Stream> OpenAsync(ConfigurationOptions options, EndPoint server, CancellationToken cancel)
    {
        var target = options.Tunnel is { } tunnel ? await tunnel.GetSocketConnectEndpointAsync(server, cancel) ?? server : server;
        var isUnix = target.AddressFamily == AddressFamily.Unix;
        var socket = isUnix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (!isUnix) socket.NoDelay = true;
            SocketLimits.Apply(socket);
            await socket.ConnectAsync(target, cancel);
            var inner = options.Tunnel is null
                ? null
                : await options.Tunnel.BeforeAuthenticateAsync(server, ConnectionType.Subscription, socket, cancel);
            return inner ?? new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Stream> EncryptAsync(Stream stream, ConfigurationOptions options, EndPoint server, CancellationToken cancel)
    {
        var host = TlsSettings.HostOf(options, server);
        var secure = new SslStream(stream);
        try
        {
            await secure.AuthenticateAsClientAsync(options.SslClientAuthenticationOptions?.Invoke(host)
                ?? TlsSettings.For(options, host), cancel);
            return secure;
        }
        catch
        {
            await secure.DisposeAsync();
            throw;
        }
    }

    private static async Task AuthenticateAsync(Stream stream, ConfigurationOptions options, EndPoint server, CancellationToken cancel)
    {
        string[]? command = (options.User, options.Password) switch
        {
            ({ Length: > 0 } user, var password) => ["AUTH", user, password ?? ""],
            (_, { Length: > 0 } password) => ["AUTH", password],
            _ => null,
        };
        if (command is not null && await ErrorOfAsync(stream, command, cancel) is { } refused)
            throw new RedisUnavailableException(
                $"{RedisLink.Describe(server)} refused the credentials ({refused}): fix user and password in {RedisOptions.Setting}.");
    }

    private static async Task SetNameAsync(Stream stream, EndPoint server, string name, CancellationToken cancel)
    {
        var refused = await ErrorOfAsync(stream, ["CLIENT", "SETNAME", name], cancel);
        switch (refused?.Split(' ')[0])
        {
            // Ignore the error if the user has no right to set the name: it only helps people who read CLIENT LIST.
            case null or "NOPERM":
                return;
            case "NOAUTH":
                throw new RedisUnavailableException(
                    $"{RedisLink.Describe(server)} requires a password: add password=… to {RedisOptions.Setting}.");
            default:
                throw new RedisUnavailableException($"{RedisLink.Describe(server)} refused the connection ({refused}).");
        }
    }

    /// <summary>Sends a command while no other is under way.</summary>
    /// <returns>The server's error, or null.</returns>
    private static async Task<string?> ErrorOfAsync(Stream stream, string[] command, CancellationToken cancel)
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.WriteCommand(command);
        await stream.WriteAsync(buffer.WrittenMemory, cancel);
        var reply = new byte[MaxReply];
        for (var filled = 0; filled < reply.Length;)
        {
            var count = await stream.ReadAsync(reply.AsMemory(filled), cancel);
            if (count == 0) throw new IOException("The server closed the connection.");
            filled += count;
            if (RespReader.Measure(reply.AsSpan(0, filled)) is > 0 and var length)
                return reply[0] == '-' ? Encoding.UTF8.GetString(reply, 1, length - 3) : null;
        }
        throw new InvalidDataException("The reply is too long.");
    }

    /// <summary>Says what to fix; null if the exception's own message does, or if the exception is a bug in this server.</summary>
    private static string? Describe(Exception failed, ConfigurationOptions options, EndPoint server)
    {
        var (where, why) = (RedisLink.Describe(server), failed.Message.TrimEnd('.'));
        return failed switch
        {
            OperationCanceledException =>
                $"{where} did not answer within {RedisLimits.Connect.TotalSeconds} s: check that Redis runs there, that the network lets "
                + "connections through, and whether the port expects TLS (ssl=true).",
            AuthenticationException or CryptographicException =>
                $"TLS with {where} failed ({why}): the port must speak TLS with a certificate for "
                + $"{TlsSettings.HostOf(options, server)} from an authority that this machine trusts. "
                + $"Set sslHost, or {TlsSettings.IssuerFile} to the authority's file.",
            SocketException =>
                $"{where} cannot be reached ({why}): check address and port in {RedisOptions.Setting}, and that Redis runs there.",
            IOException or InvalidDataException when options.Ssl =>
                $"{where} closed the connection during the TLS handshake ({why}): check that the port speaks TLS, else remove ssl=true.",
            IOException or InvalidDataException =>
                $"{where} does not speak Redis's protocol in plain text ({why}): if the port expects TLS, add ssl=true.",
            _ => null,
        };
    }
}

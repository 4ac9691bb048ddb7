using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using StackExchange.Redis;

namespace Realtime.Server.Redis.Wire;

/// <summary>
/// A link to one Redis server without the client library: what is sent at the same time goes out together, and what comes in is handed on by the
/// thread that read it. From being set up until it fails; it is never mended.
/// </summary>
internal sealed class WireLink : IThreadPoolWorkItem, IDisposable
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>A larger buffer, from when much waited, is given back.</summary>
    private const int KeptBytes = 1024 * 1024;

    /// <summary>Far more than Redis has to say to us: an announcement has a body of 64 KB at most. Others may publish anything.</summary>
    private const int MaxValueBytes = 16 * 1024 * 1024;

    private readonly Stream _stream;
    private readonly Lock _gate = new();
    private ArrayBufferWriter<byte> _waiting = new(BufferBytes);    // guarded by _gate
    private ArrayBufferWriter<byte> _leaving = new(BufferBytes);    // the sender's
    private bool _isSending;                                        // guarded by _gate

    private WireLink(Stream stream) => _stream = stream;

    /// <summary>Gets each complete value; it is valid until this returns.</summary>
    public delegate void Handler(ReadOnlySpan<byte> value);

    /// <summary>Connects and says who is there.</summary>
    /// <exception cref="RedisUnavailableException">The server does not answer, or refuses.</exception>
    public static async Task<WireLink> OpenAsync(ConfigurationOptions options, EndPoint server, string name, CancellationToken cancel)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            // Whoever is cut off without a word is noticed by the system.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, (int)RedisLimits.KeepAlive.TotalSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
            await socket.ConnectAsync(server, cancel);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (options.Ssl)
            {
                var secure = new SslStream(stream);
                var host = string.IsNullOrEmpty(options.SslHost) ? (server as DnsEndPoint)?.Host ?? ((IPEndPoint)server).Address.ToString() : options.SslHost;
                await secure.AuthenticateAsClientAsync(new() { TargetHost = host, EnabledSslProtocols = options.SslProtocols ?? SslProtocols.None }, cancel);
                stream = secure;
            }
            var link = new WireLink(stream);
            if (!string.IsNullOrEmpty(options.Password)) await link.GreetAsync(cancel, "AUTH", options.Password);
            await link.GreetAsync(cancel, "CLIENT", "SETNAME", name);
            if (options.DefaultDatabase is > 0 and var database) await link.GreetAsync(cancel, "SELECT", $"{database}");
            return link;
        }
        catch (Exception failed) when (failed is SocketException or IOException or OperationCanceledException or InvalidDataException or AuthenticationException)
        {
            socket?.Dispose();
            throw new RedisUnavailableException($"{RedisLink.Describe(server)} cannot be talked to: {failed.Message}", failed);
        }
    }

    /// <summary>Sends a command soon, behind all that were given before. Never blocks; if the link is broken, whoever reads is told.</summary>
    public void Send(ReadOnlySpan<byte> command)
    {
        lock (_gate)
        {
            _waiting.Write(command);
            if (_isSending) return;
            _isSending = true;
        }
        // Not by this thread: what others are about to send goes along.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Reads until the link fails, which it tells by an exception.</summary>
    public async Task ReadAsync(Handler handle, CancellationToken cancel)
    {
        var buffer = new byte[BufferBytes];
        var filled = 0;
        while (true)
        {
            var count = await _stream.ReadAsync(buffer.AsMemory(filled), cancel);
            if (count == 0) throw new IOException("The server has closed the link.");
            filled += count;
            var used = HandOn(buffer.AsSpan(0, filled), handle);
            buffer.AsSpan(used, filled - used).CopyTo(buffer);
            filled -= used;
            if (filled == 0 && buffer.Length > BufferBytes) buffer = new byte[BufferBytes];
            if (filled < buffer.Length) continue;
            if (filled >= MaxValueBytes) throw new InvalidDataException("A value without an end.");
            Array.Resize(ref buffer, buffer.Length * 2);
        }
    }

    public void Dispose() => _stream.Dispose();

    void IThreadPoolWorkItem.Execute() => _ = SendWaitingAsync();

    private async Task SendWaitingAsync()
    {
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    _isSending = _waiting.WrittenCount > 0;
                    if (!_isSending) return;
                    (_waiting, _leaving) = (_leaving, _waiting);
                }
                await _stream.WriteAsync(_leaving.WrittenMemory);
                if (_leaving.Capacity > KeptBytes) _leaving = new(BufferBytes);
                else _leaving.ResetWrittenCount();
            }
        }
        catch (Exception broken) when (broken is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // _isSending stays: nothing more is sent. The reader fails too.
            _stream.Dispose();
        }
    }

    private static int HandOn(ReadOnlySpan<byte> bytes, Handler handle)
    {
        var used = 0;
        while (RespReader.Measure(bytes[used..]) is > 0 and var length)
        {
            handle(bytes.Slice(used, length));
            used += length;
        }
        return used;
    }

    /// <summary>Sends a command before anything else is under way. Its answer is one short value.</summary>
    private async Task GreetAsync(CancellationToken cancel, params string[] command)
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.WriteCommand(command);
        await _stream.WriteAsync(buffer.WrittenMemory, cancel);
        var answer = new byte[512];
        for (var filled = 0; ;)
        {
            var count = await _stream.ReadAsync(answer.AsMemory(filled), cancel);
            if (count == 0) throw new IOException("the link was closed.");
            filled += count;
            if (RespReader.Measure(answer.AsSpan(0, filled)) == 0) continue;
            if (answer[0] == '-') throw new IOException(Encoding.UTF8.GetString(answer, 1, filled - 3));
            return;
        }
    }
}

using System.Buffers;
using System.Net;
using StackExchange.Redis;

namespace Realtime.Server.Redis.Wire;

/// <summary>
/// A connection to one Redis server without the client library. Commands that are sent at the same time go out together, and the thread
/// that reads a value also handles it. The connection is used until it fails, and never reconnects.
/// </summary>
internal sealed class WireLink : IThreadPoolWorkItem, IDisposable
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>A send buffer that has grown larger than this is released after the send.</summary>
    private const int KeptBytes = 1024 * 1024;

    /// <summary>Far more than an announcement, whose body is 64 KB at most. Other programs may publish anything.</summary>
    private const int MaxValueBytes = 16 * 1024 * 1024;

    private readonly Stream _stream;
    private readonly Lock _gate = new();
    private ArrayBufferWriter<byte> _waiting = new(BufferBytes);    // guarded by _gate
    private ArrayBufferWriter<byte> _leaving = new(BufferBytes);    // used by the sender only
    private bool _isSending;                                        // guarded by _gate

    private WireLink(Stream stream) => _stream = stream;

    /// <summary>Gets each complete value; the span is valid until the handler returns.</summary>
    public delegate void Handler(ReadOnlySpan<byte> value);

    /// <inheritdoc cref="WireHandshake.ConnectAsync"/>
    public static async Task<WireLink> OpenAsync(ConfigurationOptions options, EndPoint server, string name, CancellationToken cancel) =>
        new(await WireHandshake.ConnectAsync(options, server, name, cancel));

    /// <summary>
    /// Queues a command, which is sent soon after all earlier ones. Never blocks; if the connection is broken, the reader fails.
    /// </summary>
    public void Send(ReadOnlySpan<byte> command)
    {
        lock (_gate)
        {
            _waiting.Write(command);
            if (_isSending) return;
            _isSending = true;
        }
        // On another thread, so that commands that follow immediately share the send.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Reads until the connection fails, and ends with that exception.</summary>
    public async Task ReadAsync(Handler handle, CancellationToken cancel)
    {
        var buffer = new byte[BufferBytes];
        var filled = 0;
        while (true)
        {
            var count = await _stream.ReadAsync(buffer.AsMemory(filled), cancel);
            if (count == 0) throw new IOException("The server closed the connection.");
            filled += count;
            var used = Handle(buffer.AsSpan(0, filled), handle);
            buffer.AsSpan(used, filled - used).CopyTo(buffer);
            filled -= used;
            if (filled == 0 && buffer.Length > BufferBytes) buffer = new byte[BufferBytes];
            if (filled < buffer.Length) continue;
            if (filled >= MaxValueBytes) throw new InvalidDataException("A value exceeds 16 MB.");
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
            // _isSending stays true: nothing more is sent. The reader fails too.
            _stream.Dispose();
        }
    }

    private static int Handle(ReadOnlySpan<byte> bytes, Handler handle)
    {
        var used = 0;
        while (RespReader.Measure(bytes[used..]) is > 0 and var length)
        {
            handle(bytes.Slice(used, length));
            used += length;
        }
        return used;
    }
}

using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Realtime.Server.Redis;
using Realtime.Server.Redis.Wire;
using StackExchange.Redis;

namespace Realtime.Server.Backplane.Redis;

/// <summary>One subscription link to one server, from being set up until it fails. It is never mended: another one takes its place.</summary>
/// <remarks>To one server: no beacon could tell which of several is deaf. In a cluster every server carries every channel.</remarks>
internal sealed class NewsLink : IDisposable
{
    /// <summary>Longer than the name of any channel of ours; bytes.</summary>
    private const int MaxName = 1024;

    private readonly WireLink _link;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Action<byte[]>> _hear = new();
    private readonly ConcurrentDictionary<string, Action<byte[]>>.AlternateLookup<ReadOnlySpan<char>> _hearByName;
    private readonly Queue<TaskCompletionSource?> _unconfirmed = [];        // guarded by _gate; one for each command, as their answers will come
    private readonly ArrayBufferWriter<byte> _command = new();              // guarded by _gate
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private NewsLink(WireLink link, EndPoint server)
    {
        (_link, Server) = (link, server);
        _hearByName = _hear.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public EndPoint Server { get; }

    /// <summary>Completes when the link is broken.</summary>
    public Task Lost => _lost.Task;

    /// <exception cref="RedisUnavailableException">The server does not answer.</exception>
    public static async Task<NewsLink> OpenAsync(string connectionString, EndPoint server)
    {
        using var limit = new CancellationTokenSource(RedisLimits.Connect);
        var link = new NewsLink(await WireLink.OpenAsync(ConfigurationOptions.Parse(connectionString), server, "realtime-listener", limit.Token), server);
        _ = link.ReadAsync();
        return link;
    }

    /// <summary>Subscribes; completes when the server has confirmed it, or the link is lost. Commands take effect in the order in which they are given.</summary>
    /// <param name="hear">Gets what is said on the channel, in order, in the thread that reads: it must not block.</param>
    public async Task SubscribeAsync(RedisChannel channel, Action<byte[]> hear, TimeProvider time)
    {
        var confirmed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _hear[(string)channel!] = hear;
        Send("SUBSCRIBE", channel, confirmed);
        try
        {
            await confirmed.Task.WaitAsync(BackplaneLimits.Subscribe, time);
        }
        catch (TimeoutException)
        {
            Fail();
        }
    }

    /// <summary>Nobody waits for it: what still comes in is nobody's.</summary>
    public void Unsubscribe(RedisChannel channel)
    {
        _hear.TryRemove((string)channel!, out _);
        Send("UNSUBSCRIBE", channel, confirmed: null);
    }

    public void Fail()
    {
        _link.Dispose();
        _lost.TrySetResult();
        // Whoever waits for a confirmation sees from Lost that there is none.
        lock (_gate)
        {
            while (_unconfirmed.TryDequeue(out var confirmed)) confirmed?.TrySetResult();
        }
    }

    public void Dispose() => Fail();

    private void Send(string command, RedisChannel channel, TaskCompletionSource? confirmed)
    {
        lock (_gate)
        {
            if (_lost.Task.IsCompleted)
            {
                confirmed?.TrySetResult();
                return;
            }
            _command.ResetWrittenCount();
            _command.WriteCommand(command, (string)channel!);
            _unconfirmed.Enqueue(confirmed);
            _link.Send(_command.WrittenSpan);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            await _link.ReadAsync(Handle, CancellationToken.None);
        }
        catch (Exception broken) when (broken is IOException or ObjectDisposedException or InvalidDataException) { /* whoever looks after the link is told */ }
        finally
        {
            Fail();
        }
    }

    // "message" channel payload, "subscribe" channel count, "unsubscribe" channel count; or an error.
    private void Handle(ReadOnlySpan<byte> value)
    {
        var reader = new RespReader(value);
        if (!reader.TryRead() || reader.Kind != '*' || !reader.TryRead()) throw new InvalidDataException("A subscription is answered in another way.");
        if (reader.Text.SequenceEqual("message"u8)) Hear(ref reader);
        else Confirmed();
    }

    private void Hear(ref RespReader reader)
    {
        Span<char> name = stackalloc char[MaxName];
        if (!reader.TryRead() || reader.Text.Length > MaxName) return;
        var length = Encoding.UTF8.GetChars(reader.Text, name);
        if (_hearByName.TryGetValue(name[..length], out var hear) && reader.TryRead()) hear(reader.Text.ToArray());
    }

    private void Confirmed()
    {
        TaskCompletionSource? confirmed;
        lock (_gate)
        {
            if (!_unconfirmed.TryDequeue(out confirmed)) throw new InvalidDataException("A confirmation that nobody has asked for.");
        }
        confirmed?.TrySetResult();
    }
}

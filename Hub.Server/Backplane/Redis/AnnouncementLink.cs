using System.Buffers;
using System.Net;
using System.Text;
using Realtime.Server.Redis;
using Realtime.Server.Redis.Wire;
using StackExchange.Redis;

namespace Realtime.Server.Backplane.Redis;

/// <summary>One subscription connection to one server. It never reconnects: when it fails, a new one replaces it.</summary>
/// <remarks>
/// One server, because with several a beacon could not show which one carries nothing. In a cluster every server carries every channel.
/// This class stores nothing per channel; the client library would need 2.9 KiB (a queue, in order) or 280 bytes (a handler, out of order).
/// </remarks>
internal sealed class AnnouncementLink : IDisposable
{
    private readonly WireLink _link;
    private readonly string _names;
    private readonly MessageHandler _onMessage;
    private readonly Lock _gate = new();
    // guarded by _gate; one for each command, in the order of the replies
    private readonly Queue<TaskCompletionSource?> _unconfirmed = [];
    private readonly ArrayBufferWriter<byte> _command = new();              // guarded by _gate
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private AnnouncementLink(WireLink link, EndPoint server, string names, MessageHandler onMessage) =>
        (_link, Server, _names, _onMessage) = (link, server, names, onMessage);

    /// <summary>
    /// Receives each message of the subscribed channels, in order, on the thread that reads, so it must not block. The spans are valid
    /// until it returns.
    /// </summary>
    public delegate void MessageHandler(ReadOnlySpan<byte> channel, ReadOnlySpan<byte> payload);

    public EndPoint Server { get; }

    /// <summary>Completes with the reason when the connection is broken.</summary>
    public Task<string> Lost => _lost.Task;

    /// <exception cref="RedisUnavailableException">The server cannot be used; the message says what to fix.</exception>
    public static async Task<AnnouncementLink> OpenAsync(RedisOptions options, EndPoint server, MessageHandler onMessage)
    {
        using var limit = new CancellationTokenSource(RedisLimits.Connect);
        var link = await WireLink.OpenAsync(ConfigurationOptions.Parse(options.ConnectionString), server, "realtime-listener", limit.Token);
        var announcements = new AnnouncementLink(link, server, options.Names, onMessage);
        _ = announcements.ReadAsync();
        return announcements;
    }

    /// <summary>
    /// Subscribes; completes when the server confirms it or the connection is lost. Commands take effect in the order of the calls.
    /// </summary>
    public async Task SubscribeAsync(RedisChannel channel, TimeProvider time)
    {
        try
        {
            await ProbeAsync(channel).WaitAsync(BackplaneLimits.Subscribe, time);
        }
        catch (TimeoutException)
        {
            Fail($"a subscription was not confirmed within {BackplaneLimits.Subscribe.TotalSeconds} s");
        }
    }

    /// <summary>
    /// Sends SUBSCRIBE and completes when the server confirms it or the connection is lost. For a channel that is subscribed already, this
    /// has no other effect.
    /// </summary>
    /// <remarks>Not PING: a user with rights only to subscribe may not send it.</remarks>
    public Task ProbeAsync(RedisChannel channel)
    {
        var confirmed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Send("SUBSCRIBE", channel, confirmed);
        return confirmed.Task;
    }

    /// <summary>Returns at once. Messages that are under way still arrive.</summary>
    public void Unsubscribe(RedisChannel channel) => Send("UNSUBSCRIBE", channel, confirmed: null);

    public void Dispose() => Fail("it was closed by this node");

    private void Fail(string why)
    {
        // Set the reason first: closing the connection also makes the reader fail, with a different reason.
        _lost.TrySetResult(why);
        _link.Dispose();
        // Lost shows the waiting subscribers that nothing was confirmed.
        lock (_gate)
        {
            while (_unconfirmed.TryDequeue(out var confirmed)) confirmed?.TrySetResult();
        }
    }

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
        catch (Exception broken) when (broken is IOException or ObjectDisposedException or InvalidDataException)
        {
            Fail(broken.Message.TrimEnd('.'));
        }
        catch (Exception fault)
        {
            Fail($"a fault of this node: {fault}");
            throw;
        }
    }

    // "message" channel payload, "subscribe" channel count, "unsubscribe" channel count; or an error.
    private void Handle(ReadOnlySpan<byte> value)
    {
        var reader = new RespReader(value);
        if (!reader.TryRead()) throw new InvalidDataException("An incomplete value.");
        if (reader.Kind == '-')
        {
            throw new InvalidDataException(
                $"the server refused a subscription ({Encoding.UTF8.GetString(reader.Text)}). The user needs the commands subscribe and "
                + $"unsubscribe and the channels {_names}, in an ACL: +@pubsub &{_names}");
        }
        if (reader.Kind != '*' || !reader.TryRead()) throw new InvalidDataException("the reply is none to a subscription");
        if (!reader.Text.SequenceEqual("message"u8))
        {
            Confirm();
            return;
        }
        if (!reader.TryRead()) return;
        var channel = reader.Text;
        if (reader.TryRead()) _onMessage(channel, reader.Text);
    }

    private void Confirm()
    {
        TaskCompletionSource? confirmed;
        lock (_gate)
        {
            if (!_unconfirmed.TryDequeue(out confirmed))
                throw new InvalidDataException("the server confirmed a subscription that was not requested");
        }
        confirmed?.TrySetResult();
    }
}

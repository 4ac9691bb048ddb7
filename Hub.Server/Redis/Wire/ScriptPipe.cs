using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Text;
using StackExchange.Redis;

namespace Realtime.Server.Redis.Wire;

/// <summary>
/// Runs scripts that answer with a few numbers, over a link of its own to the only server there is: an answer needs no change of thread, and what is
/// under way together shares a send. While there is no link, calls are refused at once.
/// </summary>
internal sealed class ScriptPipe(ConfigurationOptions options, EndPoint server, TimeProvider time, Action<RedisUnavailableException> cannotOpen)
{
    /// <summary>How often calls are looked through for those that have run out.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly Queue<Call> _sent = [];                    // guarded by _gate; as their answers will come
    private readonly HashSet<RedisScript> _known = [];          // guarded by _gate; what was sent over this link with its text
    private readonly ArrayBufferWriter<byte> _command = new();  // guarded by _gate
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WireLink? _link;                                    // guarded by _gate

    /// <summary>Completes when there is a link for the first time.</summary>
    public Task Opened => _opened.Task;

    /// <summary>A pipe to the server of a link, if it is the only one; null where only the client library knows whom to ask.</summary>
    /// <param name="cannotOpen">Told each time when the server refuses a link.</param>
    public static ScriptPipe? For(ConnectionMultiplexer link, string connectionString, TimeProvider time, Action<RedisUnavailableException> cannotOpen) =>
        link.GetEndPoints() is [var server] && link.GetServer(server).ServerType == ServerType.Standalone
            ? new(ConfigurationOptions.Parse(connectionString), server, time, cannotOpen)
            : null;

    /// <summary>Sends a script before it returns, behind those that were sent before.</summary>
    /// <param name="answered">Called when it has been answered, or never will be; that may be long after it has run out.</param>
    /// <returns>What it is answered. Goes on in the thread that reads: it must not block.</returns>
    /// <exception cref="RedisUnavailableException">There is no link: nothing was sent. In the task: it may still be carried out.</exception>
    /// <exception cref="TimeoutException">In the task: it has run out.</exception>
    /// <exception cref="ScriptRefusedException">In the task: the server says no.</exception>
    public Task<ScriptNumbers> Send(RedisScript script, RedisKey[] keys, RedisValue[] values, TimeSpan limit, Action answered)
    {
        var call = new Call(script, keys, values, time.GetTimestamp() + (long)(limit.TotalSeconds * time.TimestampFrequency), answered);
        return TrySend(call) ? call.Task : throw new RedisUnavailableException("There is no link to Redis; nothing was sent.");
    }

    /// <summary>Keeps a link, and ends calls that have run out.</summary>
    public async Task KeepAsync(CancellationToken cancel) => await await Task.WhenAny(KeepLinkAsync(cancel), EndCallsAsync(cancel));

    /// <summary>The server is known to answer others: if a call that has run out stays without an answer, the link is replaced.</summary>
    public async Task ReplaceIfDeafAsync()
    {
        Call? oldest;
        lock (_gate) _sent.TryPeek(out oldest);
        if (oldest is null || !oldest.Task.IsCompleted) return;
        await Task.Delay(RedisLimits.Retry, time);
        lock (_gate)
        {
            if (_sent.TryPeek(out var still) && still == oldest) _link?.Dispose();
        }
    }

    private async Task KeepLinkAsync(CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                using var link = await OpenAsync(cancel);
                await UseAsync(link, cancel);
            }
            catch (RedisUnavailableException refused)
            {
                cannotOpen(refused);
                await Task.Delay(RedisLimits.Retry, time, cancel);
            }
        }
    }

    private async Task UseAsync(WireLink link, CancellationToken cancel)
    {
        Exception? why = null;
        try
        {
            lock (_gate)
            {
                _known.Clear();
                _link = link;
            }
            _opened.TrySetResult();
            await link.ReadAsync(Answer, cancel);
        }
        catch (Exception failed) when (failed is IOException or ObjectDisposedException or InvalidDataException)
        {
            why = failed;
        }
        finally
        {
            Drop(why);
        }
    }

    private async Task<WireLink> OpenAsync(CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(RedisLimits.Connect);
        return await WireLink.OpenAsync(options, server, "realtime-scripts", limit.Token);
    }

    private void Drop(Exception? why)
    {
        Call[] lost;
        lock (_gate)
        {
            _link = null;
            lost = [.. _sent];
            _sent.Clear();
        }
        foreach (var call in lost) call.End(null, new RedisUnavailableException("The link to Redis was lost: what was sent may still be carried out.", why));
    }

    private async Task EndCallsAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(Look, time);
        while (await timer.WaitForNextTickAsync(cancel))
        {
            var now = time.GetTimestamp();
            Call[] late;
            lock (_gate) late = [.. _sent.Where(call => call.Deadline <= now && !call.Task.IsCompleted)];
            // It stays where it is: its answer is still to come.
            foreach (var call in late) call.TrySetException(new TimeoutException());
        }
    }

    /// <param name="withText">Also if the server should know it.</param>
    private bool TrySend(Call call, bool withText = false)
    {
        lock (_gate)
        {
            if (_link is null) return false;
            _command.ResetWrittenCount();
            call.Script.WriteTo(_command, call.Keys, call.Values, isKnown: !_known.Add(call.Script) && !withText);
            _sent.Enqueue(call);
            _link.Send(_command.WrittenSpan);
            return true;
        }
    }

    private void Answer(ReadOnlySpan<byte> value)
    {
        Call? call;
        lock (_gate) _sent.TryDequeue(out call);
        if (call is null) throw new InvalidDataException("An answer that nobody has asked for.");
        var reader = new RespReader(value);
        if (!reader.TryRead()) throw new UnreachableException();
        if (reader.Kind != '-')
        {
            call.End(ScriptNumbers.TryRead(ref reader, out var numbers) ? numbers : null, new ScriptRefusedException("Its answer is no script's of ours."));
            return;
        }
        var refusal = Encoding.UTF8.GetString(reader.Text);
        // It was told to forget scripts: nothing was done.
        if (RedisScript.IsUnknown(refusal) && TrySend(call, withText: true)) return;
        call.End(null, new ScriptRefusedException(refusal));
    }

    private sealed class Call(RedisScript script, RedisKey[] keys, RedisValue[] values, long deadline, Action answered) : TaskCompletionSource<ScriptNumbers>
    {
        public RedisScript Script { get; } = script;

        public RedisKey[] Keys { get; } = keys;

        public RedisValue[] Values { get; } = values;

        public long Deadline { get; } = deadline;

        public void End(ScriptNumbers? numbers, Exception otherwise)
        {
            answered();
            if (numbers is { } all) TrySetResult(all);
            else TrySetException(otherwise);
        }
    }
}

using Realtime.Server.Redis;
using StackExchange.Redis;

namespace Realtime.Server.Log.Redis;

/// <summary>
/// Sends waiting items to a single Redis in groups, one script call each. With no call under way, an item is sent at once. Items that
/// arrive during a call share the next one; it is sent after the answer, or earlier if enough items wait. Calls are sent one after the
/// other over one connection, so Redis executes them in that order.
/// </summary>
/// <remarks>The embedded log commits in groups too, but on a thread of its own that waits for the disk; here no thread waits.</remarks>
internal abstract class GroupedCalls<TItem>(RedisConnection redis, RedisScript script)
{
    private readonly List<Call> _underWay = [];   // guarded by Gate; in the order they were sent
    private bool _isSending;                      // guarded by Gate; by one thread at a time

    /// <summary>Guards the waiting items.</summary>
    protected Lock Gate { get; } = new();

    /// <summary>The number of waiting items. Called under the gate.</summary>
    protected abstract int Waiting { get; }

    /// <summary>Moves the items of the next call into a group; the group stays empty if none waits. Called under the gate.</summary>
    protected abstract void Take(List<TItem> group);

    /// <summary>The script's arguments, and the time limit of the call: that of its most urgent item.</summary>
    protected abstract (RedisKey[] Keys, RedisValue[] Values, TimeSpan Limit) Write(List<TItem> group);

    /// <summary>The script has answered. Must not block.</summary>
    protected abstract void Answered(List<TItem> group, RedisResult answer);

    /// <summary>The call failed; if it was sent, Redis may still execute it.</summary>
    protected abstract void Failed(List<TItem> group, RedisUnavailableException why);

    /// <summary>The call has been answered or never will be, perhaps long after its time-out.</summary>
    protected virtual void Settled(int items) { }

    /// <summary>Sends waiting items, as far as the limits allow. Call it after an item was added, and outside the gate.</summary>
    protected void Send()
    {
        while (true)
        {
            Call? call;
            lock (Gate)
            {
                if (_isSending) return;
                call = Next();
                if (call is null) return;
                _isSending = true;
            }
            // Runs up to its first await: by then the call has been sent, or has failed.
            _ = RunAsync(call);
            lock (Gate) _isSending = false;
        }
    }

    /// <summary>The call to send now, if any. Called under the gate.</summary>
    private Call? Next()
    {
        // A server that no longer has the script refuses every call that was sent without the script's text. Once all of these calls have
        // been answered, they are sent again in the same order.
        if (_underWay.Find(static call => call.IsForgotten) is { } again)
        {
            if (_underWay.Exists(static call => call is { IsForgotten: false, WithText: false })) return null;
            (again.IsForgotten, again.WithText) = (false, true);
            return again;
        }
        if (_underWay.Count > 0 && (_underWay.Count == RedisLogLimits.CallsInFlight || Waiting < RedisLogLimits.WorthACall)) return null;
        if (Waiting == 0) return null;
        var call = new Call();
        Take(call.Group);
        if (call.Group.Count == 0) return null;
        _underWay.Add(call);
        return call;
    }

    private async Task RunAsync(Call call)
    {
        RedisResult? answer = null;
        RedisUnavailableException? failure = null;
        try
        {
            var (keys, values, limit) = Write(call.Group);
            answer = await redis.RunAsync(script, keys, values, call.WithText
                ? ScriptForm.Text
                : ScriptForm.Hash, limit, () => Settled(call.Group.Count));
        }
        catch (Exception why)
        {
            // Catch everything: a call that stayed under way would block all later calls.
            failure = why as RedisUnavailableException ?? new(why.Message, why);
        }
        lock (Gate)
        {
            call.IsForgotten = answer is null && failure is null;
            if (!call.IsForgotten) _underWay.Remove(call);
        }
        // Send waiting items first, so that Redis has work while these results are passed on.
        Send();
        if (answer is not null) Answered(call.Group, answer);
        else if (failure is not null) Failed(call.Group, failure);
    }

    private sealed class Call
    {
        public List<TItem> Group { get; } = [];

        /// <summary>The server did not have the script, so nothing was executed.</summary>
        public bool IsForgotten { get; set; }

        public bool WithText { get; set; }
    }
}

using Microsoft.AspNetCore.Connections;

namespace Realtime.Server.Connections;

/// <summary>
/// Counts what one connection has sent of a request whose caller is not known yet. It is a feature of the connection, and so of its
/// requests.
/// </summary>
internal sealed class RequestMeter(UnfinishedRequests all, ConnectionContext connection) : UnfinishedRequest(connection)
{
    private int _known;                   // requests under way whose caller is known: several with HTTP/2
    private long _consumed;               // bytes that the web server has taken out of the buffers since the last request
    private volatile bool _isCounted;     // true if UnfinishedRequests counts bytes of this connection
    private TaskCompletionSource? _room;  // set while the next read waits

    /// <summary>True if the connection carries a request of a known caller. Then nothing is counted.</summary>
    public bool IsKnown => Volatile.Read(ref _known) > 0;

    /// <summary>Waits until there is room for more of an unfinished request.</summary>
    public Task RoomAsync()
    {
        if (!_isCounted || IsKnown) return Task.CompletedTask;
        var room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _room, room);
        if (all.MayReadOn(this)) GoOn();
        return room.Task;
    }

    public override bool GoOn() => Interlocked.Exchange(ref _room, null)?.TrySetResult() is true;

    /// <summary>Reports the number of bytes in the buffers.</summary>
    public void Received(long buffered)
    {
        var bytes = Interlocked.Read(ref _consumed) + buffered;
        if (bytes <= UnfinishedRequests.FreeBytes || IsKnown) return;
        _isCounted = true;
        all.Report(this, bytes);
        // With HTTP/2 another request's caller may have become known meanwhile.
        if (IsKnown) Forget(isGone: false);
    }

    /// <summary>Reports bytes that were taken out of the buffers. Their content stays in memory in another form.</summary>
    public void Consumed(long bytes) => Interlocked.Add(ref _consumed, bytes);

    /// <summary>The caller of a request is known; see <see cref="RequestEnded"/>.</summary>
    public void CallerKnown()
    {
        Interlocked.Increment(ref _known);
        Forget(isGone: false);
    }

    /// <summary>A request has ended, and its memory is free.</summary>
    /// <param name="wasKnown">Whether <see cref="CallerKnown"/> was called for it.</param>
    /// <param name="bodyBytes">Length of its body. The unread part is read and discarded before the next request.</param>
    public void RequestEnded(bool wasKnown, long bodyBytes)
    {
        if (wasKnown) Interlocked.Decrement(ref _known);
        Interlocked.Exchange(ref _consumed, -bodyBytes);
        Forget(isGone: false);
    }

    /// <summary>The connection is closed.</summary>
    public void Close()
    {
        GoOn();
        Forget(isGone: true);
    }

    private void Forget(bool isGone)
    {
        if (!_isCounted) return;
        _isCounted = false;
        all.Forget(this, isGone);
    }
}

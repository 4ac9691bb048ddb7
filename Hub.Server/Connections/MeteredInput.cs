using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace Realtime.Server.Connections;

/// <summary>Reports received bytes to a meter while the caller is unknown, and waits for room.</summary>
internal sealed class MeteredInput(PipeReader input, RequestMeter meter) : PipeReader
{
    private ReadOnlySequence<byte> _given;   // the bytes of the last read that was counted
    private bool _heldAtEnd;                  // the client has ended its side, and what was read last was not given back

    public override bool TryRead(out ReadResult result)
    {
        try
        {
            return input.TryRead(out result) && Note(result);
        }
        catch (InvalidOperationException) when (_heldAtEnd)
        {
            throw LeftMidway();
        }
        catch (SocketException broken)
        {
            throw Reset(broken);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            var room = meter.RoomAsync();
            if (!room.IsCompleted) await room;
            var result = await input.ReadAsync(cancellationToken);
            Note(result);
            return result;
        }
        catch (InvalidOperationException) when (_heldAtEnd)
        {
            throw LeftMidway();
        }
        catch (SocketException broken)
        {
            throw Reset(broken);
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (!_given.IsEmpty) meter.Consumed(_given.Slice(0, consumed).Length);
        _given = default;
        _heldAtEnd = false;
        input.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead()
    {
        input.CancelPendingRead();
        meter.GoOn();
    }

    public override void Complete(Exception? exception = null) => input.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => input.CompleteAsync(exception);

    /// <summary>
    /// The web server treats a reset as a normal disconnect by the client. It reports any other socket error as a warning with a stack
    /// trace, or as a failed request. A lost peer (<see cref="PeerTimeout"/>) or network is not a fault of this server either, so it is
    /// reported as a reset.
    /// </summary>
    private static ConnectionResetException Reset(SocketException broken) => new(broken.Message, broken);

    /// <summary>
    /// The web server rejects a body that ends too early without giving back what it has read of it. If the application answers that
    /// rejection, the web server reads the next request, which a pipe refuses, and warns with a stack trace. The client has left.
    /// </summary>
    private static ConnectionResetException LeftMidway() => new("The client has left in the middle of a body.");

    private bool Note(in ReadResult result)
    {
        _heldAtEnd = result.IsCompleted;
        if (meter.IsKnown) return true;
        _given = result.Buffer;
        meter.Received(result.Buffer.Length);
        return true;
    }
}

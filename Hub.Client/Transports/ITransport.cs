using System.Buffers;
using System.IO.Pipelines;

namespace Realtime.Client.Transports;

/// <summary>One way to carry bytes both ways. Used for one connection, started once.</summary>
internal interface ITransport : IDisposable
{
    /// <summary>Whether requests alone keep it alive, so that the hub need not send pings.</summary>
    bool KeepsItselfAlive { get; }

    /// <summary>Connects. After a failure only <see cref="IDisposable.Dispose"/> is called.</summary>
    /// <param name="url">http or https, with the connection's token.</param>
    Task StartAsync(Uri url, CancellationToken cancel);

    /// <summary>
    /// Hands on what the server sends. Returns when the server has ended the connection or nobody reads any more (a flush was canceled
    /// or completed), and throws when the connection broke. Never completes the writer.
    /// </summary>
    /// <param name="stop">Ends it at once, and may break the connection.</param>
    Task ReceiveAsync(PipeWriter toApp, CancellationToken stop);

    /// <summary>Sends; one at a time, never empty. Returns when it is on its way, throws when the connection is over.</summary>
    Task SendAsync(ReadOnlySequence<byte> bytes, CancellationToken stop);

    /// <summary>Takes leave of the server once nothing is being sent any more. Never throws.</summary>
    /// <param name="receiving">Still running, if it is the client that leaves.</param>
    /// <param name="failed">Whether sending broke.</param>
    /// <param name="limit">Cancelled when the server has had time enough to agree.</param>
    Task LeaveAsync(ReceiveLoop receiving, bool failed, CancellationToken limit);
}

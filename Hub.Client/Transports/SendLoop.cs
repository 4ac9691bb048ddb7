using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;

namespace Realtime.Client.Transports;

/// <summary>Everything that the application sends, in its order: whatever has gathered goes in one piece, one piece at a time.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Without a timer or a link there is nothing to release, and late calls are harmless.")]
internal sealed class SendLoop
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly PipeReader _fromApp;

    public SendLoop(ITransport transport, PipeReader fromApp)
    {
        _fromApp = fromApp;
        Ended = Task.Run(() => RunAsync(transport));
    }

    /// <summary>Completes when nothing is sent any more. Never fails.</summary>
    public Task Ended { get; }

    /// <summary>Why it ended before the application was done; null: it was not the connection's fault.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Ends it behind what is being sent now.</summary>
    public void Stop() => _fromApp.CancelPendingRead();

    /// <summary>Ends it now, also in the middle of sending.</summary>
    public void Cancel() => _cancel.Cancel();

    private async Task RunAsync(ITransport transport)
    {
        try
        {
            while (await SendNextAsync(transport).ConfigureAwait(false)) { }
        }
        catch (Exception) when (_cancel.IsCancellationRequested)
        {
            // Whatever a broken-off send throws: it was meant to break off.
        }
        catch (Exception failure)
        {
            Failure = failure;
        }

        await _fromApp.CompleteAsync().ConfigureAwait(false);
    }

    /// <returns>Whether there may be more.</returns>
    private async Task<bool> SendNextAsync(ITransport transport)
    {
        var read = await _fromApp.ReadAsync(_cancel.Token).ConfigureAwait(false);
        if (read.IsCanceled) return false;
        // Kept until it has been sent: the request may have to be written twice (401).
        if (!read.Buffer.IsEmpty) await transport.SendAsync(read.Buffer, _cancel.Token).ConfigureAwait(false);
        _fromApp.AdvanceTo(read.Buffer.End);
        return !read.IsCompleted;
    }
}

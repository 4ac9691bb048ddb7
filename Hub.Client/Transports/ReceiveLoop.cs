using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;

namespace Realtime.Client.Transports;

/// <summary>Everything that comes from the server, and the news that no more will.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Without a timer or a link there is nothing to release, and late calls are harmless.")]
internal sealed class ReceiveLoop
{
    private readonly CancellationTokenSource _stop = new();
    private Exception? _cause;

    public ReceiveLoop(ITransport transport, PipeWriter toApp) => Ended = Task.Run(() => RunAsync(transport, toApp));

    /// <summary>Completes when the application has been told. Never fails.</summary>
    public Task Ended { get; }

    /// <summary>Ends it now.</summary>
    /// <param name="because">What the application is told, unless the connection ended for a reason of its own first.</param>
    public void Stop(Exception? because = null)
    {
        Interlocked.CompareExchange(ref _cause, because, null);
        _stop.Cancel();
    }

    private async Task RunAsync(ITransport transport, PipeWriter toApp)
    {
        Exception? error = null;
        try
        {
            await transport.ReceiveAsync(toApp, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            error = _cause;
        }
        catch (Exception broken)
        {
            error = broken;
        }

        await toApp.CompleteAsync(error).ConfigureAwait(false);
    }
}

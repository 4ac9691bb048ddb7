using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Realtime.Client.Transports;

/// <summary>Receiving by requests that the server holds until it has something; one outstanding at any time.</summary>
internal sealed class LongPollingTransport(Wire wire, TransportOptions options, TransferFormat format, ILogger log) : ITransport
{
    private readonly Posts _posts = new(wire, options, format);
    private Uri? _url;
    private bool _endedByItself;

    public bool KeepsItselfAlive => true;

    public async Task StartAsync(Uri url, CancellationToken cancel)
    {
        // Answered at once and empty: it tells the server which transport this is. Nothing may be sent before.
        using var response = await wire.GetAsync(url, cancel).ConfigureAwait(false);
        _url = url;
    }

    public async Task ReceiveAsync(PipeWriter toApp, CancellationToken stop)
    {
        try
        {
            while (await PollAsync(toApp, stop).ConfigureAwait(false)) { }
        }
        finally
        {
            _endedByItself |= !stop.IsCancellationRequested;
        }
    }

    public Task SendAsync(ReadOnlySequence<byte> bytes, CancellationToken stop) => _posts.SendAsync(_url!, bytes, stop);

    public async Task LeaveAsync(ReceiveLoop receiving, bool failed, CancellationToken limit)
    {
        try
        {
            receiving.Stop();
            await receiving.Ended.WaitAsync(limit).ConfigureAwait(false);
            if (_endedByItself) return;
            // Without this the server would keep the connection, and all it stands for, until it misses the next poll.
            using var response = await wire.DeleteAsync(_url!, limit).ConfigureAwait(false);
        }
        catch (HttpRequestException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            // The server was first.
        }
        catch (Exception e)
        {
            // A courtesy that failed, whatever the reason: the server will miss the next poll.
            log.GoodbyeFailed(e.Message);
        }
    }

    public void Dispose() { }

    /// <returns>Whether to poll again.</returns>
    private async Task<bool> PollAsync(PipeWriter toApp, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(options.RequestTimeout, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        HttpResponseMessage response;
        try
        {
            response = await wire.PollAsync(_url!, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested && limit.IsCancellationRequested)
        {
            if (!options.UnansweredPollEnds) return true;
            throw new TimeoutException($"A poll stayed unanswered for {options.RequestTimeout.TotalSeconds:0.###} s.");
        }

        using (response)
        {
            if (response.StatusCode == HttpStatusCode.NoContent) return false;
            return await CopyAsync(response, toApp, limit, either.Token, stop).ConfigureAwait(false);
        }
    }

    /// <summary>Copies an answer. One that breaks off, or stalls, ends the connection: its rest would be lost unnoticed.</summary>
    private async Task<bool> CopyAsync(
        HttpResponseMessage response, PipeWriter toApp, CancellationTokenSource limit, CancellationToken limitOrStop, CancellationToken stop)
    {
        var body = await response.Content.ReadAsStreamAsync(stop).ConfigureAwait(false);
        await using var _ = body.ConfigureAwait(false);
        while (true)
        {
            // The limit is for silence. How long the application takes to make room is its own affair.
            limit.CancelAfter(options.RequestTimeout);
            int count;
            try
            {
                count = await body.ReadAsync(toApp.GetMemory(), limitOrStop).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                throw new TimeoutException("The answer to a poll stopped in the middle.");
            }

            limit.CancelAfter(Timeout.InfiniteTimeSpan);
            if (count == 0) return true;
            toApp.Advance(count);
            var flushed = await toApp.FlushAsync(stop).ConfigureAwait(false);
            if (flushed.IsCanceled || flushed.IsCompleted) return false;
        }
    }
}

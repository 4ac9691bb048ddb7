using System.Buffers;
using System.Net;
using System.Text;
using System.Threading.Channels;
using Realtime.Server.Routing.Nodes;

namespace Realtime.Server.Routing.Polls;

/// <summary>Sends confirmations to one owner, one request after another, while there are any.</summary>
/// <param name="refused">Called with the status of a response that refuses them.</param>
internal sealed class ConfirmationStream(ConfirmationRequests requests, OwnerClient owners, Action<int> refused, TimeProvider time)
{
    /// <summary>How long a request lasts. Its response shows that the owner still receives.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(5);

    /// <summary>Confirmations that may be queued. Further ones are dropped, and their connections end unconfirmed.</summary>
    private const int MaxWaiting = 100_000;

    private readonly Channel<string> _waiting = Channel.CreateBounded<string>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    private CancellationTokenSource? _request;
    private Task _running = Task.CompletedTask;
    private int _isRunning;

    /// <summary>See <see cref="ConfirmationRequests.Create"/>.</summary>
    public string Host { get; set; } = "";

    public void Add(string line)
    {
        _waiting.Writer.TryWrite(line);
        if (Volatile.Read(ref _isRunning) != 0 || Interlocked.Exchange(ref _isRunning, 1) != 0) return;
        // To the end of the thread pool's queue: the response itself, which Kestrel has queued there, goes first.
        _running = Task.Factory
            .StartNew(RunAsync, CancellationToken.None, TaskCreationOptions.PreferFairness, TaskScheduler.Default).Unwrap();
    }

    /// <summary>Waits until all added confirmations are sent and acknowledged.</summary>
    public Task FlushAsync()
    {
        Volatile.Read(ref _request)?.Cancel();
        return _running;
    }

    private async Task RunAsync()
    {
        do
        {
            await SendWhatComesAsync();
            Interlocked.Exchange(ref _isRunning, 0);
        }
        while (_waiting.Reader.TryPeek(out _) && Interlocked.Exchange(ref _isRunning, 1) == 0);
    }

    /// <summary>
    /// Sends one request. Lines that it could not write go with a second one: the first one's connection may just have been closed.
    /// </summary>
    private async Task SendWhatComesAsync()
    {
        var lines = new ArrayBufferWriter<byte>();
        for (var attempt = 0; attempt < 2; attempt++)
        {
            using var over = new CancellationTokenSource(MaxAge, time);
            using var limit = new CancellationTokenSource(MaxAge + PollAnswers.ConfirmationLimit, time);
            Volatile.Write(ref _request, over);
            using var request = requests.Create(new Lines(_waiting.Reader, lines, over.Token), Host);
            try
            {
                using var answer = await owners.SendAsync(request, limit.Token);
                if (!answer.IsSuccessStatusCode) refused((int)answer.StatusCode);
                if (answer.IsSuccessStatusCode) return;
                break;
            }
            catch (Exception lost) when (lost is HttpRequestException or IOException or OperationCanceledException)
            {
                if (lines.WrittenCount == 0) return;   // the next request takes new lines
            }
            finally
            {
                Volatile.Write(ref _request, null);
            }
        }
        // The owner is gone, or will end the affected connections.
        while (_waiting.Reader.TryRead(out _)) { }
    }

    /// <summary>The body of a request: lines as they arise, until its time is over.</summary>
    /// <param name="unsent">Lines that were taken from the queue and may not be written.</param>
    private sealed class Lines(ChannelReader<string> waiting, ArrayBufferWriter<byte> unsent, CancellationToken over) : HttpContent
    {
        /// <summary>Bytes in one write.</summary>
        private const int MaxBytes = 16 * 1024;

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            do
            {
                while (unsent.WrittenCount < MaxBytes && waiting.TryRead(out var line))
                {
                    Encoding.ASCII.GetBytes(line, unsent);
                    unsent.Write("\n"u8);
                }
                if (unsent.WrittenCount > 0)
                {
                    await stream.WriteAsync(unsent.WrittenMemory, cancellationToken);
                    await stream.FlushAsync(cancellationToken);
                    unsent.ResetWrittenCount();
                }
            }
            while (await MoreAsync());
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        private async ValueTask<bool> MoreAsync()
        {
            try
            {
                return !over.IsCancellationRequested && await waiting.WaitToReadAsync(over);
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }
    }
}

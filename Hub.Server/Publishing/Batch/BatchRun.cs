using System.IO.Pipelines;
using System.Threading.Channels;
using Realtime.Server.Http;
using Realtime.Server.Log;
using Realtime.Server.Publishing.Body;

namespace Realtime.Server.Publishing.Batch;

/// <summary>
/// One batch: (1) lines are read and their appends started in order, (2) answered in order, (3) sent. The three steps run concurrently, so
/// that neither a commit nor a client that does not read holds up later lines. <see cref="BatchLimits"/> bounds what is between the steps.
/// </summary>
/// <param name="trace">That of the request, for all lines; null: none.</param>
internal sealed class BatchRun(Publisher publisher, string user, string? trace, BatchLimits limits, TimeProvider time) : IDisposable
{
    private static readonly Problem TooManyLines = new(
        StatusCodes.Status413PayloadTooLarge, $"A batch has at most {PublishLimits.BatchLines:N0} lines.");

    private readonly Channel<Pending> _pending = Channel.CreateUnbounded<Pending>(new() { SingleReader = true, SingleWriter = true });
    private readonly SemaphoreSlim _slots = new(limits.Slots);
    private readonly AnswerSpool _spool = new(limits);
    private long _received;    // bytes of the request that have arrived

    /// <summary>Runs to the end of the request and of its answers.</summary>
    /// <exception cref="TimeoutException">The client has stalled.</exception>
    public async Task RunAsync(PipeReader request, PipeWriter response, CancellationToken cancel)
    {
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var steps = new[] { ReadAsync(request, broken.Token), AnswerAsync(broken.Token), SendAsync(response, broken.Token) };
        // One step that fails ends the others; the caller gets the first failure.
        await foreach (var step in Task.WhenEach(steps))
            if (!step.IsCompletedSuccessfully) await broken.CancelAsync();
        var failure = Array.Find(steps, step => step.IsFaulted) ?? Array.Find(steps, step => step.IsCanceled);
        if (failure is not null) await failure;
    }

    public void Dispose()
    {
        _spool.Dispose();
        _slots.Dispose();
    }

    private async Task ReadAsync(PipeReader request, CancellationToken cancel)
    {
        try
        {
            var splitter = new LineSplitter();
            var (lines, taken) = (0, 0L);
            while (true)
            {
                var read = await JsonBody.ReadPartAsync(request, cancel);
                var buffer = read.Buffer;
                Interlocked.Exchange(ref _received, taken + buffer.Length);
                while (splitter.TryTake(ref buffer, read.IsCompleted, out var line)) await StartAsync(line, ++lines, cancel);
                taken += read.Buffer.Length - buffer.Length;
                request.AdvanceTo(buffer.Start, buffer.End);
                if (read.IsCompleted) return;
            }
        }
        finally
        {
            _pending.Writer.Complete();
        }
    }

    private async ValueTask StartAsync(BatchLine line, int number, CancellationToken cancel)
    {
        var begun = publisher.Begin();
        var slots = Math.Min(limits.Slots, 1 + (int)(line.Text.Length / limits.SlotBytes));
        for (var i = 0; i < slots; i++) await _slots.WaitAsync(cancel);
        var draft = Prepare(line, number, out var answer);
        // Unlike a single request, a batch waits: its own lines take the room and give it back.
        if (draft is not null && !await publisher.AdmitAsync(draft, limits.RoomWait, cancel))
            (draft, answer) = (null, PublishAnswer.NoRoom);
        _pending.Writer.TryWrite(
            draft is null ? new(slots, begun, answer) : new(slots, begun, default, draft, publisher.StartAsync(draft)));
    }

    private Draft? Prepare(in BatchLine line, int number, out PublishAnswer refusal)
    {
        refusal = number > PublishLimits.BatchLines
            ? PublishAnswer.Refused(TooManyLines)
            : PublishAnswer.Refused(JsonBody.TooLarge(PublishLimits.BodyBytes));
        if (number > PublishLimits.BatchLines || line.IsTooLong) return null;
        using var json = new Contiguous(line.Text);
        return publisher.Prepare(json.Span, user, null, isLine: true, trace, out refusal);
    }

    private async Task AnswerAsync(CancellationToken cancel)
    {
        try
        {
            // Not cancelled: every started append is awaited, so that no failure goes unobserved.
            await foreach (var line in _pending.Reader.ReadAllAsync(CancellationToken.None))
            {
                var answer = line.Draft is null ? line.Answer : await publisher.FinishAsync(line.Draft, line.Append!);
                publisher.End(answer, line.Begun);
                _slots.Release(line.Slots);
                if (cancel.IsCancellationRequested) continue;
                _spool.Write(AnswerWriter.Write(answer, "\n"u8));
                if (_spool.IsFull) await _spool.RoomAsync(cancel).AsTask().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            _spool.Complete();
        }
    }

    private async Task SendAsync(PipeWriter response, CancellationToken cancel)
    {
        while (await _spool.TakeAsync(cancel) is { IsEmpty: false } answers)
        {
            var sending = response.WriteAsync(answers, cancel);
            if (!sending.IsCompletedSuccessfully) await WithoutStallAsync(sending.AsTask(), cancel);
        }
    }

    private async Task WithoutStallAsync(Task sending, CancellationToken cancel)
    {
        while (true)
        {
            var received = Interlocked.Read(ref _received);
            try
            {
                await sending.WaitAsync(limits.Stall, time, cancel);
                return;
            }
            catch (TimeoutException) when (Interlocked.Read(ref _received) != received)
            {
                // The client is still sending, and will read later.
            }
        }
    }

    /// <summary>A line between being read and being answered.</summary>
    /// <param name="Draft">Null if <see cref="Answer"/> is known already.</param>
    private readonly record struct Pending(
        int Slots, long Begun, PublishAnswer Answer, Draft? Draft = null, Task<AppendOutcome>? Append = null);
}

using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Realtime.Compare.Measuring;

namespace Realtime.Compare.Load;

/// <summary>Whom a notification is for: as the API wants it, and which readers that makes.</summary>
internal sealed record Audience(string To, IReadOnlyList<int> Readers);

/// <summary>
/// Publishes at a rate whatever the server does: each notification has a time at which it is due, from which its latency counts, so that a
/// server that stalls cannot hide it by slowing the publisher down.
/// </summary>
internal sealed class OpenLoop(HttpClient http, Orders orders, TimeProvider time)
{
    // Beyond it the next one waits, and that wait counts as its latency.
    private const int MostInFlight = 256;

    private readonly LatencyHistogram _lateness = new();
    private int _refused;

    public int Sent { get; private set; }

    /// <summary>Publishes that the server did not confirm; nobody needs to get them.</summary>
    public int Refused => _refused;

    /// <summary>
    /// How late the publisher itself was, in microseconds: the load side's own fault. Waiting for a server that does not answer is not.
    /// </summary>
    public LatencyHistogram Lateness => _lateness;

    /// <param name="audience">Whom the n-th is for.</param>
    /// <param name="rate">Notifications per second.</param>
    public async Task RunAsync(
        Ledger ledger, int run, Func<int, Audience> audience, double rate, TimeSpan duration, int payloadBytes, CancellationToken cancel)
    {
        using var room = new SemaphoreSlim(MostInFlight);
        var inFlight = new List<Task>();
        var start = time.GetTimestamp();
        var held = start;   // until then it was the server that kept the publisher waiting
        var count = Math.Max(1, (int)(rate * duration.TotalSeconds));
        for (var n = 0; n < count; n++)
        {
            var due = start + (long)(n / rate * time.TimestampFrequency);
            while (time.GetElapsedTime(time.GetTimestamp(), due) is { Ticks: > 0 } early)
                // timers cut off what is below 1 ms, and may be early by one
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(early.TotalMilliseconds)), time, cancel);
            _lateness.Record((long)time.GetElapsedTime(Math.Max(due, held)).TotalMicroseconds);
            if (!room.Wait(TimeSpan.Zero, CancellationToken.None))
            {
                await room.WaitAsync(cancel);
                held = time.GetTimestamp();
            }
            var whom = audience(n);
            ledger.Expect(n, due, whom.Readers);
            inFlight.Add(SendAsync(ledger, orders.Body(whom.To, run, n, payloadBytes), n, whom, room, cancel));
            Sent++;
        }
        await Task.WhenAll(inFlight);
        ledger.Close();
    }

    private async Task SendAsync(Ledger ledger, string body, int n, Audience whom, SemaphoreSlim room, CancellationToken cancel)
    {
        try
        {
            using var content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
            using var answer = await http.PostAsync(new Uri("/api/notifications", UriKind.Relative), content, cancel);
            if (answer.StatusCode == HttpStatusCode.Accepted) return;
        }
        catch (Exception unanswered) when (unanswered is HttpRequestException || unanswered is OperationCanceledException
            && !cancel.IsCancellationRequested)
        {
            // Not confirmed is the same as refused.
        }
        finally
        {
            room.Release();
        }
        Interlocked.Increment(ref _refused);
        ledger.Withdraw(n, whom.Readers);
    }
}

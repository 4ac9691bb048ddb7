using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Realtime.Compare.Measuring;

namespace Realtime.Compare.Load;

/// <summary>The audience of a notification: in the API's form, and as the readers that belong to it.</summary>
internal sealed record Audience(string To, IReadOnlyList<int> Readers);

/// <summary>
/// Publishes at a fixed rate, whatever the server does. Each notification has a due time, and its latency counts from then. A server that
/// stalls can therefore not hide that by slowing the publisher down.
/// </summary>
internal sealed class OpenLoop(HttpClient http, Orders orders, TimeProvider time)
{
    // With this many in flight, the next publish waits, and the wait counts towards its latency.
    private const int MostInFlight = 256;

    private readonly LatencyHistogram _lateness = new();
    private int _refused;

    public int Sent { get; private set; }

    /// <summary>Publishes that the server did not confirm; readers need not get them.</summary>
    public int Refused => _refused;

    /// <summary>
    /// How late the publisher itself was, in microseconds: the load side's own fault. Waiting for a server that does not answer does not
    /// count.
    /// </summary>
    public LatencyHistogram Lateness => _lateness;

    /// <param name="audience">The audience of the n-th notification.</param>
    /// <param name="rate">Notifications per second.</param>
    public async Task RunAsync(
        Ledger ledger, int run, Func<int, Audience> audience, double rate, TimeSpan duration, int payloadBytes, CancellationToken cancel)
    {
        using var room = new SemaphoreSlim(MostInFlight);
        var inFlight = new List<Task>();
        var start = time.GetTimestamp();
        var held = start;   // until then, the publisher was waiting for the server
        var count = Math.Max(1, (int)(rate * duration.TotalSeconds));
        for (var n = 0; n < count; n++)
        {
            var due = start + (long)(n / rate * time.TimestampFrequency);
            while (time.GetElapsedTime(time.GetTimestamp(), due) is { Ticks: > 0 } early)
                // timers truncate to whole milliseconds, and may fire 1 ms early
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
            // A publish that is not confirmed counts as refused.
        }
        finally
        {
            room.Release();
        }
        Interlocked.Increment(ref _refused);
        ledger.Withdraw(n, whom.Readers);
    }
}

using System.Net;
using System.Net.Http.Json;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>Publishes to everyone, one after another, and repeats a failed publish once, with its key.</summary>
internal sealed class SteadyPublisher(Uri server)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly List<string> _failures = [];

    /// <summary>Publishes that were confirmed.</summary>
    public int Confirmed { get; private set; }

    /// <summary>How often a repeat was needed.</summary>
    public int Repeated { get; private set; }

    /// <summary>Publishes that failed twice.</summary>
    public IReadOnlyList<string> Failures => _failures;

    /// <summary>Runs until it is stopped, then finishes the current publish.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(20) };
        while (!stop.IsCancellationRequested)
        {
            var key = Guid.NewGuid().ToString("N");
            var why = await TryAsync(http, key);
            if (why is not null)
            {
                Repeated++;
                why = await TryAsync(http, key) is { } again ? $"{why}; {again}" : null;
            }
            if (why is null) Confirmed++;
            else _failures.Add(why);
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }
    }

    /// <returns>Null: confirmed.</returns>
    private async Task<string?> TryAsync(HttpClient http, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, "/api/notifications"));
        request.Headers.Authorization = new("Bearer", Tokens.Publisher());
        request.Headers.Add("Idempotency-Key", key);
        request.Content = JsonContent.Create(new { to = new { everyone = true }, type = "order.created", orderId = key });
        try
        {
            using var answer = await http.SendAsync(request, CancellationToken.None);
            return answer.StatusCode == HttpStatusCode.Accepted ? null : $"{(int)answer.StatusCode}";
        }
        catch (Exception broken) when (broken is HttpRequestException or TaskCanceledException)
        {
            return broken.Message;
        }
    }
}

using System.Net.Http.Headers;
using Realtime.Server.Http;
using Realtime.Server.Node;
using Realtime.Server.Security.Claims;
using Realtime.Server.Security.Tokens;

namespace Realtime.Server.Dashboard.Demo;

/// <summary>
/// Publishes like any other program: over HTTP, with a token, and with a retry under the same key if there was no answer.
/// </summary>
internal sealed partial class DemoPublisher(TokenSigner signer, TimeProvider time, ILogger<DemoPublisher> logger) : IDisposable
{
    private const string User = "demo";

    private static readonly TimeSpan TokenLife = TimeSpan.FromHours(1);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Two runs, or two nodes on one store, never use each other's keys.
    private readonly string _run = Guid.NewGuid().ToString("N");
    private readonly HttpClient _http = new(
        new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
    { Timeout = AnswerLimit };
    private AuthenticationHeaderValue? _token;
    private DateTimeOffset _renewAt;
    private long _count;

    /// <summary>Returns once the hub has stored the notification, or has refused it permanently.</summary>
    public async Task PublishAsync(Uri node, DemoEvent happened, CancellationToken cancel)
    {
        var key = $"{_run}-{++_count}";
        for (var tries = 1; ; tries++)
        {
            var trouble = await TryAsync(node, happened, key, cancel);
            if (tries == 2 && trouble is not null) Waiting(trouble);
            if (tries > 2 && trouble is null) Resumed(tries);
            if (trouble is null) return;
            await Task.Delay(Pause, time, cancel);
        }
    }

    public void Dispose() => _http.Dispose();

    /// <returns>Null, or the reason to retry.</returns>
    private async Task<string?> TryAsync(Uri node, DemoEvent happened, string key, CancellationToken cancel)
    {
        if (!await signer.IsReadyAsync(cancel)) return "the signing key is not known yet";
        var (type, order, data) = happened;
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node, Paths.Notifications));
        request.Headers.Authorization = Token();
        request.Headers.Add("Idempotency-Key", key);
        string[] users = [order.Customer], groups = [order.Region];
        request.Content = JsonContent.Create(new { to = new { users, groups }, type, orderId = order.OrderId, data });
        try
        {
            using var answer = await _http.SendAsync(request, cancel);
            if ((int)answer.StatusCode is 400 or 413 or 422) Refused(order.OrderId, (int)answer.StatusCode);
            else if (!answer.IsSuccessStatusCode) return $"HTTP {(int)answer.StatusCode}";
            return null;
        }
        catch (Exception noAnswer) when (!cancel.IsCancellationRequested && noAnswer is HttpRequestException or OperationCanceledException)
        {
            return noAnswer.Message;
        }
    }

    private AuthenticationHeaderValue Token()
    {
        var now = time.GetUtcNow();
        if (_token is null || now >= _renewAt)
        {
            _token = new("Bearer", signer.Sign(User, [], [Roles.Publisher], now + TokenLife));
            _renewAt = now + (TokenLife / 2);
        }
        return _token;
    }

    [LoggerMessage(EventIds.DemoWaits, LogLevel.Warning, "The demo waits: its orders are not stored now ({Trouble}).")]
    private partial void Waiting(string trouble);

    [LoggerMessage(EventIds.DemoGoesOn, LogLevel.Information, "The demo goes on, after {Tries} tries.")]
    private partial void Resumed(int tries);

    [LoggerMessage(EventIds.DemoRefused, LogLevel.Error,
        "The demo's order {OrderId} was refused with {Status}: the sample orders do not fit this hub.")]
    private partial void Refused(string orderId, int status);
}

using System.Text.Json.Serialization;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.Logging;
using Realtime.Client.Feed.Requests;

namespace Realtime.Client.Feed.Refreshes;

/// <summary>
/// Keeps one hub connection open beyond its first token: before a token ends, it gets a new one and gives that to the server. The stream
/// goes on meanwhile. Where this fails, the server closes the connection at the token's end, and the feed reconnects.
/// </summary>
internal sealed class TokenRefresh(HubConnection hub, FeedHttp http, FeedTokens tokens, TimeProvider time, ILogger log) : IAsyncDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _lost = new();
    private Task _running = Task.CompletedTask;
    private Exception? _failure;

    /// <summary>Cancelled when the connection must end now; <see cref="Failure"/> says why.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Why the connection must end; null if it may stay open.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    /// <summary>Begins with the token that opened the connection.</summary>
    public void Start()
    {
        if (http.Token is { } token && TokenClaims.Of(token).ExpiresAt is { } end) _running = RunAsync(end, _closing.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Dispose();
        _lost.Dispose();
    }

    /// <param name="end">The end of the token that the server has accepted.</param>
    private async Task RunAsync(DateTimeOffset end, CancellationToken cancel)
    {
        var (accepted, life) = (time.GetTimestamp(), end - time.GetUtcNow());
        var wait = RefreshSchedule.First(life);
        while (wait is { } due)
        {
            await Task.Delay(due, time, cancel).ConfigureAwait(false);
            try
            {
                if (await NewerAsync(end, cancel).ConfigureAwait(false) is { } newer)
                {
                    // Before the call: the server counts the seconds from a moment during it.
                    var asked = time.GetTimestamp();
                    life = await GiveAsync(newer.Token, cancel).ConfigureAwait(false);
                    (accepted, end) = (asked, newer.End);
                    log.Refreshed(life);
                    wait = RefreshSchedule.First(life);
                    continue;
                }
                wait = RetryIn(life - time.GetElapsedTime(accepted), "there is no newer token");
            }
            catch (Exception failure) when (!cancel.IsCancellationRequested)
            {
                if (IsFinal(failure)) return;
                wait = RetryIn(life - time.GetElapsedTime(accepted), Failures.Describe(failure));
            }
        }
    }

    /// <summary>A token that ends after the one in use; null if the provider has none.</summary>
    private async Task<(string Token, DateTimeOffset End)?> NewerAsync(DateTimeOffset end, CancellationToken cancel)
    {
        var token = await tokens.AskAsync(cancel).ConfigureAwait(false);
        return TokenClaims.Of(token).ExpiresAt is { } next && next > end ? (token, next) : null;
    }

    /// <returns>How long the connection may stay open now, by the server's clock.</returns>
    private async Task<TimeSpan> GiveAsync(string token, CancellationToken cancel)
    {
        var given = await Limits.WithinAsync(FeedLimits.RefreshPatience, time, "The refresh",
            limit => hub.InvokeAsync<TokenLife>("Refresh", token, limit).WaitAsync(limit), cancel).ConfigureAwait(false);
        // The next polls and sends must not carry a token that is about to end.
        http.UseToken(token);
        return TimeSpan.FromSeconds(Math.Clamp(given.ExpiresInSeconds, 0, int.MaxValue));
    }

    private TimeSpan? RetryIn(TimeSpan left, string reason)
    {
        var wait = RefreshSchedule.Again(left);
        if (wait is { } next) log.NotRefreshed(next, reason);
        else log.NotRefreshedInTime(reason);
        return wait;
    }

    /// <summary>Whether another attempt on this connection would not help.</summary>
    private bool IsFinal(Exception failure)
    {
        switch (failure)
        {
            case OrderFeedRefusedException:
                return Lose(failure);
            case HubException refused when RefreshRefusals.IsBlocked(refused):
                return Lose(Refusals.Disconnected(cause: refused));
            case HubException refused when RefreshRefusals.IsOfAnotherUser(refused):
                return Lose(new InvalidOperationException("The new token belongs to another user.", refused));
            case HubException refused when RefreshRefusals.IsUnknownMethod(refused):
                log.RefreshIsUnknown();
                return true;
            default:
                return false;
        }
    }

    private bool Lose(Exception failure)
    {
        Volatile.Write(ref _failure, failure);
        _lost.Cancel();
        return true;
    }

    private sealed record TokenLife
    {
        [JsonPropertyName("expiresInSeconds")] public required long ExpiresInSeconds { get; init; }
    }
}

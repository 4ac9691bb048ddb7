namespace Realtime.Server.Security.Revocations;

/// <summary>
/// Keeps what this node knows up to date: it reads what has changed at every announcement, and every few seconds in case one was lost.
/// </summary>
internal sealed class RevocationRefresh(IRevocationStore store, RevokedUsers revoked, TimeProvider time) : BackgroundService
{
    /// <summary>How often it reads without an announcement.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _announced = new(0, 1);
    private long? _version;

    /// <summary>Reads once before the server listens, unless that takes too long.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await RefreshAsync().WaitAsync(StartPatience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _announced.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await RefreshAsync();
            using var due = time.CreateTimer(_ => Wake(), null, Interval, Timeout.InfiniteTimeSpan);
            await _announced.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RefreshAsync()
    {
        // Subscribe first, so that no change falls between the two. Right after the start, Redis may answer and not announce yet.
        await TryAsync(() => store.ListenAsync(Wake));
        await TryAsync(ReadAsync);
    }

    private async Task ReadAsync()
    {
        if (await store.ReadAsync(_version) is not { } read) return;
        _version = read.Version;
        revoked.Replace(read.ByUser);
    }

    /// <summary>Until the next attempt, what is known counts.</summary>
    private static async Task TryAsync(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (RevocationsUnavailableException) { /* next time */ }
    }

    private void Wake()
    {
        try
        {
            _announced.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
        catch (ObjectDisposedException)
        {
            // The server stops.
        }
    }
}

using System.Diagnostics.CodeAnalysis;

namespace Realtime.Client.Transports;

/// <summary>The bearer token of one connection: asked for when it must be fresh, kept for the requests in between.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose handle nobody took has nothing to release.")]
internal sealed class AccessTokens(Func<CancellationToken, ValueTask<string?>>? provider)
{
    private readonly SemaphoreSlim _asking = new(1, 1);
    private Func<CancellationToken, ValueTask<string?>>? _provider = provider;
    private string? _last;

    /// <summary>Whether there is somebody to ask when a token was refused.</summary>
    public bool CanRenew => _provider is not null;

    /// <summary>The last answer; null: none yet, or no token.</summary>
    public string? Last => Volatile.Read(ref _last);

    /// <summary>A redirect brought the token for the place that it leads to.</summary>
    public void ReplaceBy(string token)
    {
        _provider = _ => new(token);
        Volatile.Write(ref _last, token);
    }

    /// <summary>A fresh token, or null if there is none.</summary>
    public async Task<string?> AskAsync(CancellationToken cancel)
    {
        if (_provider is not { } provider) return null;
        // The provider is the user's code: it may ignore its token, this connection must not.
        var token = await provider(cancel).AsTask().WaitAsync(cancel).ConfigureAwait(false);
        Volatile.Write(ref _last, token);
        return token;
    }

    /// <summary>A token in place of the refused one; a poll and a send that were refused together ask once.</summary>
    public async Task<string?> RenewAsync(string? refused, CancellationToken cancel)
    {
        await _asking.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            return Last == refused ? await AskAsync(cancel).ConfigureAwait(false) : Last;
        }
        finally
        {
            _asking.Release();
        }
    }
}

namespace Realtime.Client.Feed;

/// <summary>The tokens of a feed, all of one user.</summary>
internal sealed class FeedTokens(
    Func<CancellationToken, ValueTask<string>> provider, string? user, TimeSpan limit, TimeProvider time)
{
    private string? _user = user;
    private readonly bool _userIsGiven = user is not null;
    private string? _newest;

    /// <summary>
    /// The user: as given, or the <c>sub</c> of the first token; null before the first token, or if it has no <c>sub</c>.
    /// </summary>
    public string? User => Volatile.Read(ref _user);

    /// <summary>The token that the provider returned last; null before the first.</summary>
    public string? Newest => Volatile.Read(ref _newest);

    /// <summary>A fresh token.</summary>
    /// <exception cref="OrderFeedRefusedException">The token belongs to another user than the earlier ones.</exception>
    /// <exception cref="InvalidOperationException">The provider returned no token.</exception>
    /// <exception cref="TimeoutException">The provider took over <see cref="OrderFeedOptions.TokenTimeout"/>.</exception>
    public async Task<string> AskAsync(CancellationToken cancel)
    {
        // The provider is the user's code. It may ignore its token, which the feed must not. It may also need the thread that called it, so
        // that thread must not be one that waits for it.
        var token = await Limits.WithinAsync(limit, time, nameof(OrderFeedOptions.Token),
            soon => Task.Run(() => provider(soon).AsTask(), soon).WaitAsync(soon), cancel).ConfigureAwait(false);
        if (string.IsNullOrEmpty(token)) throw new InvalidOperationException($"{nameof(OrderFeedOptions.Token)} gave no token.");
        if (!_userIsGiven) CheckUser(token);
        Volatile.Write(ref _newest, token);
        return token;
    }

    /// <summary>A provider that first returns a token that is already there, and then new ones.</summary>
    public Func<CancellationToken, ValueTask<string?>> StartingWith(string token)
    {
        var first = token;
        return async cancel => Interlocked.Exchange(ref first, null) ?? await AskAsync(cancel).ConfigureAwait(false);
    }

    private void CheckUser(string token)
    {
        var subject = TokenClaims.Of(token).User;
        var known = Interlocked.CompareExchange(ref _user, subject, null);
        if (known is not null && subject != known)
            throw new OrderFeedRefusedException(
                $"The token now belongs to another user ({subject}) than the one this feed was opened for ({known}): "
                + "open a feed for each.");
    }
}

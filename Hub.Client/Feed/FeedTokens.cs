namespace Realtime.Client.Feed;

/// <summary>The tokens of a feed, all of one user.</summary>
internal sealed class FeedTokens(Func<CancellationToken, ValueTask<string>> provider, string? user)
{
    private string? _user = user;
    private readonly bool _userIsGiven = user is not null;

    /// <summary>Whose they are: the user that was given, or the <c>sub</c> of the first one; null before that, or if it has none.</summary>
    public string? User => Volatile.Read(ref _user);

    /// <summary>A fresh token.</summary>
    /// <exception cref="OrderFeedRefusedException">It belongs to another user than those before.</exception>
    /// <exception cref="InvalidOperationException">The provider gave none.</exception>
    public async Task<string> AskAsync(CancellationToken cancel)
    {
        // The provider is the user's code: it may ignore its token, the feed must not; and it may want back to the thread that it was
        // called on, which must not be one that waits for it.
        var token = await Task.Run(() => provider(cancel).AsTask(), cancel).WaitAsync(cancel).ConfigureAwait(false);
        if (string.IsNullOrEmpty(token)) throw new InvalidOperationException($"{nameof(OrderFeedOptions.Token)} gave no token.");
        if (_userIsGiven) return token;

        var subject = TokenSubject.Of(token);
        var known = Interlocked.CompareExchange(ref _user, subject, null);
        if (known is not null && subject != known)
            throw new OrderFeedRefusedException(
                $"The token now belongs to another user ({subject}) than the one this feed was opened for ({known}): "
                + "open a feed for each.");
        return token;
    }

    /// <summary>A provider whose first answer is a token that is there already; later ones are fresh.</summary>
    public Func<CancellationToken, ValueTask<string?>> StartingWith(string token)
    {
        var first = token;
        return async cancel => Interlocked.Exchange(ref first, null) ?? await AskAsync(cancel).ConfigureAwait(false);
    }
}

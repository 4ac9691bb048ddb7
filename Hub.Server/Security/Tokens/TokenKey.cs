using System.Text;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace Realtime.Server.Security.Tokens;

/// <summary>The HS256 key that this server shares with the makers of its tokens; none if an identity provider signs them.</summary>
internal sealed class TokenKey
{
    /// <summary>How long a request waits for an unknown key.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    private readonly Task<SymmetricSecurityKey?> _key;
    private readonly SymmetricSecurityKey? _previous;
    private readonly DateTimeOffset _previousUntil;
    private readonly TimeProvider _time;

    public TokenKey(IOptions<AuthOptions> options, ISigningKeyStore store, TimeProvider time)
    {
        var auth = options.Value;
        _time = time;
        if (auth.PreviousSigningKey is { } previous) (_previous, _previousUntil) = (ToKey(previous), auth.PreviousUntil!.Value);
        IsShared = auth.Authority is null;
        _key = auth switch
        {
            { Authority: not null } => Task.FromResult<SymmetricSecurityKey?>(null),
            { SigningKey: { } text } => Task.FromResult<SymmetricSecurityKey?>(ToKey(text)),
            _ => FindAsync(store),
        };
    }

    /// <summary>False if <c>Hub:Auth:Authority</c> signs the tokens.</summary>
    public bool IsShared { get; }

    /// <summary>Null if there is no key, or if it is not known yet.</summary>
    public SymmetricSecurityKey? Shared => _key.IsCompletedSuccessfully ? _key.Result : null;

    /// <summary>The keys that verify tokens now: the shared one and, while keys are exchanged, the previous one.</summary>
    public IEnumerable<SecurityKey> Accepted => Shared switch
    {
        null => [],
        var known when _previous is not null && _time.GetUtcNow() < _previousUntil => [known, _previous],
        var known => [known],
    };

    /// <summary>How long a token that was just verified stays so: until its <c>exp</c>, or until its key no longer counts.</summary>
    public DateTime LimitOf(SecurityToken token) =>
        _previous is not null && token.SigningKey == _previous && _previousUntil < token.ValidTo
            ? _previousUntil.UtcDateTime
            : token.ValidTo;

    /// <summary>Waits briefly for the key if it is not known yet.</summary>
    /// <returns>False if the key is in Redis, which has still not been reached.</returns>
    public async ValueTask<bool> IsKnownAsync(CancellationToken cancel)
    {
        if (_key.IsCompleted) return true;
        try
        {
            await _key.WaitAsync(Patience, _time, cancel);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static Task<SymmetricSecurityKey?> FindAsync(ISigningKeyStore store)
    {
        // Not awaited here: a key file that cannot be used must throw during construction, so that the server does not start.
        var text = store.FindAsync();
        return ReadAsync();

        async Task<SymmetricSecurityKey?> ReadAsync() => ToKey(await text);
    }

    private static SymmetricSecurityKey ToKey(string text) => new(Encoding.UTF8.GetBytes(text));
}

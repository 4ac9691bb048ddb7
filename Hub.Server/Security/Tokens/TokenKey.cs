using System.Text;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace Realtime.Server.Security.Tokens;

/// <summary>The HS256 key that this server shares with whoever makes its tokens, or none if an identity provider signs them.</summary>
internal sealed class TokenKey
{
    /// <summary>How long a request waits for a key that is not known yet.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    private readonly Task<SymmetricSecurityKey?> _key;
    private readonly TimeProvider _time;

    public TokenKey(IOptions<AuthOptions> options, ISigningKeyStore store, TimeProvider time)
    {
        var auth = options.Value;
        _time = time;
        IsShared = auth.Authority is null;
        _key = auth switch
        {
            { Authority: not null } => Task.FromResult<SymmetricSecurityKey?>(null),
            { SigningKey: { } text } => Task.FromResult<SymmetricSecurityKey?>(ToKey(text)),
            _ => FindAsync(store),
        };
    }

    /// <summary>False: tokens are signed by <c>Hub:Auth:Authority</c>.</summary>
    public bool IsShared { get; }

    /// <summary>Null: there is none, or it is not known yet.</summary>
    public SymmetricSecurityKey? Shared => _key.IsCompletedSuccessfully ? _key.Result : null;

    /// <summary>Waits a little for the key, should it not be known yet.</summary>
    /// <returns>False if Redis, which keeps it, has still not been reached.</returns>
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
        // A file that cannot be used keeps the server from starting.
        var text = store.FindAsync();
        return ReadAsync();

        async Task<SymmetricSecurityKey?> ReadAsync() => ToKey(await text);
    }

    private static SymmetricSecurityKey ToKey(string text) => new(Encoding.UTF8.GetBytes(text));
}

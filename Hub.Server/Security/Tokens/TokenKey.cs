using System.Text;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using Realtime.Server.Redis;
using Realtime.Server.Redis.Data;

namespace Realtime.Server.Security.Tokens;

/// <summary>The HS256 key that this server shares with whoever makes its tokens, or none if an identity provider signs them.</summary>
internal sealed class TokenKey
{
    /// <summary>How long a request waits for a key that is not known yet.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    private readonly Task<SymmetricSecurityKey?> _key;
    private readonly TimeProvider _time;

    /// <param name="redis">If there is one, the nodes share a key that they made themselves there.</param>
    public TokenKey(
        IOptions<AuthOptions> options, IConfiguration configuration, IHostEnvironment environment, TimeProvider time, RedisConnection? redis = null)
    {
        var auth = options.Value;
        _time = time;
        IsShared = auth.Authority is null;
        _key = auth switch
        {
            { Authority: not null } => Task.FromResult<SymmetricSecurityKey?>(null),
            { SigningKey: { } text } => Task.FromResult<SymmetricSecurityKey?>(ToKey(text)),
            _ when redis is null => Task.FromResult<SymmetricSecurityKey?>(ToKey(KeyFile.Signing.ReadOrMake(configuration, environment))),
            _ => FindAsync(redis),
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

    private async Task<SymmetricSecurityKey?> FindAsync(RedisConnection redis) => ToKey(await SharedSecret.FindAsync(redis, RedisKeys.SigningKey, _time));

    private static SymmetricSecurityKey ToKey(string text) => new(Encoding.UTF8.GetBytes(text));
}

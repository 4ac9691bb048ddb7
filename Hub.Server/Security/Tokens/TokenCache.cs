using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;

namespace Realtime.Server.Security.Tokens;

/// <summary>
/// Remembers tokens that validation has accepted, so that a caller's hundreds of requests a second cost one signature check a minute.
/// </summary>
/// <remarks>
/// It cannot accept a token that validation would refuse: the key is the whole header text, compared character by character; only accepted
/// tokens are added; and every hit checks the times by the same rule as validation. A key that an identity provider withdraws counts for
/// <see cref="MaxAge"/> at most.
/// </remarks>
internal sealed class TokenCache(TimeProvider time) : IDisposable
{
    /// <summary>How long one validation counts.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(1);

    /// <summary>Entries in one generation; there are two. Beyond this, the older generation is dropped early.</summary>
    public const int MaxEntries = 8_192;

    /// <summary>Longer tokens are validated every time; characters.</summary>
    public const int MaxTokenLength = 4_096;

    private readonly RecentlyAccepted<Entry> _accepted = new(MaxAge, MaxEntries, time);

    /// <summary>The result of validating this header text less than a minute ago, if the token is still valid now.</summary>
    public Entry? Find(string header) => _accepted.Find(header) is { } entry && entry.Times.Contain(time.GetUtcNow()) ? entry : null;

    /// <summary>Keeps a token that validation has just accepted.</summary>
    public void Keep(string header, ClaimsPrincipal principal, AuthenticationProperties properties, TokenTimes times)
    {
        if (header.Length <= MaxTokenLength) _accepted.Keep(header, new(principal, properties, times));
    }

    public void Dispose() => _accepted.Dispose();

    /// <summary>The result of validating an accepted token, shared by all its requests. It must not be changed.</summary>
    internal sealed class Entry(ClaimsPrincipal principal, AuthenticationProperties properties, TokenTimes times)
        : IAuthenticateResultFeature
    {
        public ClaimsPrincipal Principal { get; } = principal;

        public TokenTimes Times { get; } = times;

        public AuthenticateResult? AuthenticateResult
        {
            get;
            set => throw new NotSupportedException("It is shared by all requests with this token.");
        } = AuthenticateResult.Success(new(principal, properties, JwtBearerDefaults.AuthenticationScheme));
    }
}

using System.Collections.Concurrent;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;

namespace Realtime.Server.Security;

/// <summary>
/// Remembers tokens that validation has accepted, so that a caller's hundreds of requests a second cost one signature check a minute.
/// </summary>
/// <remarks>
/// It cannot accept what validation would refuse: the key is the whole header text, compared character by character; only accepted tokens are
/// put in; times are checked at every hit by the same rule as at validation; and a key that an identity provider withdraws counts for
/// <see cref="MaxAge"/> at most.
/// </remarks>
internal sealed class TokenCache : IDisposable
{
    /// <summary>How long one validation counts.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(1);

    /// <summary>Entries a generation; there are two. Beyond it the older generation goes early.</summary>
    public const int MaxEntries = 8_192;

    /// <summary>Longer tokens are validated every time; characters.</summary>
    public const int MaxTokenLength = 4_096;

    private readonly TimeProvider _time;
    private readonly ITimer _renewal;
    private readonly Lock _gate = new();
    private volatile Generation _current = new(null);   // replaced under _gate

    public TokenCache(TimeProvider time)
    {
        _time = time;
        // Also when nobody calls: what cannot be found any more must not be kept.
        _renewal = time.CreateTimer(_ => Renew(_current), null, MaxAge, MaxAge);
    }

    /// <summary>What validation made of this header text less than a minute ago, if the token is still good now.</summary>
    public Entry? Find(string header)
    {
        var current = _current;
        if (!current.Entries.TryGetValue(header, out var entry) && current.Before?.TryGetValue(header, out entry) is not true) return null;
        return _time.GetElapsedTime(entry.ValidatedAt) < MaxAge && entry.Times.Contain(_time.GetUtcNow()) ? entry : null;
    }

    /// <summary>Remembers a token that validation has just accepted.</summary>
    public void Keep(string header, ClaimsPrincipal principal, AuthenticationProperties properties, TokenTimes times)
    {
        if (header.Length > MaxTokenLength) return;
        var current = _current;
        if (Interlocked.Increment(ref current.Kept) > MaxEntries)
        {
            current = Renew(current);
            Interlocked.Increment(ref current.Kept);
        }
        current.Entries[header] = new(principal, properties, times, _time.GetTimestamp());
    }

    public void Dispose() => _renewal.Dispose();

    private Generation Renew(Generation old)
    {
        lock (_gate)
        {
            if (_current == old) _current = new(old.Entries);
            return _current;
        }
    }

    /// <summary>What validation made of an accepted token, shared by all its requests. Nobody changes it.</summary>
    internal sealed class Entry(ClaimsPrincipal principal, AuthenticationProperties properties, TokenTimes times, long validatedAt)
        : IAuthenticateResultFeature
    {
        public ClaimsPrincipal Principal { get; } = principal;

        public TokenTimes Times { get; } = times;

        public long ValidatedAt { get; } = validatedAt;

        public AuthenticateResult? AuthenticateResult
        {
            get;
            set => throw new NotSupportedException("It is shared by all requests with this token.");
        } = AuthenticateResult.Success(new(principal, properties, JwtBearerDefaults.AuthenticationScheme));
    }

    private sealed class Generation(ConcurrentDictionary<string, Entry>? before)
    {
        /// <summary>How often something was kept here, at least the number of entries.</summary>
        public int Kept;

        public ConcurrentDictionary<string, Entry> Entries { get; } = new(StringComparer.Ordinal);

        public ConcurrentDictionary<string, Entry>? Before { get; } = before;
    }
}

using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using Realtime.Server.Node;

namespace Realtime.Server.Security.Tokens;

/// <summary>
/// The issuer and the keys of <c>Hub:Auth:Authority</c>. A token with an unknown key starts a fetch, which all waiting callers share.
/// </summary>
/// <remarks>
/// The library's own manager refuses to fetch twice within five minutes and lets callers wait one after the other. It does not
/// distinguish an absent key from one that is not fetched yet.
/// </remarks>
internal sealed partial class ProviderKeys(
    IOptions<AuthOptions> auth, IDocumentRetriever documents, TimeProvider time, ILogger<ProviderKeys> logger)
    : IConfigurationManager<OpenIdConnectConfiguration>
{
    /// <summary>How long one fetch may take, and so the longest that a request waits for it.</summary>
    public static readonly TimeSpan FetchLimit = TimeSpan.FromSeconds(5);

    /// <summary>Least time between the starts of two fetches, whatever keys tokens name.</summary>
    public static readonly TimeSpan LeastInterval = TimeSpan.FromSeconds(10);

    /// <summary>Keys older than this are fetched again in the background, so that withdrawn keys are dropped.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(12);

    /// <summary>How long a request for a key is remembered. A provider may publish the key later.</summary>
    private static readonly TimeSpan AskedMemory = TimeSpan.FromMinutes(1);

    // Key names that are remembered, and characters of each. Beyond this, all are forgotten.
    private const int MaxAsked = 1_000;
    private const int MaxNameLength = 128;

    private static readonly JsonWebTokenHandler Handler = new();

    private readonly ConcurrentDictionary<string, long> _asked = new(StringComparer.Ordinal);
    private readonly LogThrottle _logged = new(time);
    private readonly Lock _gate = new();
    private Task _fetch = Task.CompletedTask;   // guarded by _gate
    private long? _startedAt;                   // guarded by _gate
    private bool _isAway;                       // one fetch at a time
    private volatile Fetched? _current;

    /// <summary>Null if nothing was fetched yet.</summary>
    public string? Issuer => _current?.Configuration.Issuer;

    /// <summary>How long until missing keys can be fetched again.</summary>
    public TimeSpan NextFetchIn
    {
        get { lock (_gate) return _startedAt is { } last ? LeastInterval - time.GetElapsedTime(last) : TimeSpan.Zero; }
    }

    /// <summary>Whether the key that signed a token is known.</summary>
    public async ValueTask<bool> ContainKeyOfAsync(JsonWebToken token)
    {
        if (_current is not { } current) return false;
        if (time.GetElapsedTime(current.StartedAt) > MaxAge) _ = Fetch();
        return current.Contains(token.Kid) || await IsSignedByAsync(current, token);
    }

    /// <summary>Fetches the keys if a fetch is allowed now, or waits for the one that is under way.</summary>
    /// <returns>True if the token can be judged: its key is known, or absent from a set that was fetched since the token came.</returns>
    public async Task<bool> FetchForAsync(JsonWebToken token, CancellationToken cancel)
    {
        var askedAt = AskedAt(token.Kid ?? "");
        await Fetch().WaitAsync(cancel);
        return await ContainKeyOfAsync(token) || _current?.StartedAt >= askedAt;
    }

    /// <summary>For a token with an invalid signature under a known key name: whether the provider has since changed that key.</summary>
    public async Task<bool> HasChangedForAsync(JsonWebToken token, CancellationToken cancel)
    {
        await Fetch().WaitAsync(cancel);
        return _current is { } current && await IsSignedByAsync(current, token);
    }

    /// <summary>The result of the last fetch.</summary>
    public Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel) =>
        Task.FromResult(_current?.Configuration ?? throw new InvalidOperationException("The identity provider's keys are not known yet."));

    void IConfigurationManager<OpenIdConnectConfiguration>.RequestRefresh() { /* a token that lacks its key fetches before it is judged */ }

    private static async Task<bool> IsSignedByAsync(Fetched keys, JsonWebToken token)
    {
        var signatureOnly = new TokenValidationParameters
        {
            IssuerSigningKeys = keys.Configuration.SigningKeys,
            ValidAlgorithms = AcceptedTokens.ProviderAlgorithms,
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
        };
        return (await Handler.ValidateTokenAsync(token, signatureOnly)).IsValid;
    }

    /// <summary>When this key was first requested lately.</summary>
    private long AskedAt(string name)
    {
        var now = time.GetTimestamp();
        if (name.Length > MaxNameLength) name = name[..MaxNameLength];
        if (_asked.Count >= MaxAsked) _asked.Clear();
        return _asked.AddOrUpdate(name, now, (_, first) => time.GetElapsedTime(first, now) > AskedMemory ? now : first);
    }

    private Task Fetch()
    {
        lock (_gate)
        {
            if (!_fetch.IsCompleted || (_startedAt is { } last && time.GetElapsedTime(last) < LeastInterval)) return _fetch;
            var now = time.GetTimestamp();
            _startedAt = now;
            return _fetch = Task.Run(() => FetchAsync(now));
        }
    }

    private async Task FetchAsync(long startedAt)
    {
        var authority = auth.Value.Authority!;
        try
        {
            using var limit = new CancellationTokenSource(FetchLimit, time);
            var configuration = await OpenIdConnectConfigurationRetriever.GetAsync(
                authority.TrimEnd('/') + "/.well-known/openid-configuration", documents, limit.Token).WaitAsync(limit.Token);
            if (configuration.SigningKeys.Count == 0) throw new InvalidOperationException("It names no keys.");
            _current = new(configuration, startedAt);
            if (_isAway) Reached(authority);
            _isAway = false;
        }
        catch (Exception failure)
        {
            // Catch everything: the known keys stay in use.
            _isAway = true;
            var why = failure is OperationCanceledException ? $"no answer within {FetchLimit.TotalSeconds} s." : failure.Message;
            if (_logged.MayLog("", SecurityEventIds.ProviderAway)) Away(authority, why);
        }
    }

    [LoggerMessage(SecurityEventIds.ProviderAway, LogLevel.Warning,
        "The keys of the identity provider {Authority} cannot be fetched: {Why} "
        + "Until they are, tokens signed with unknown keys get a 503.")]
    private partial void Away(string authority, string why);

    [LoggerMessage(SecurityEventIds.ProviderReached, LogLevel.Information,
        "The keys of the identity provider {Authority} were fetched again.")]
    private partial void Reached(string authority);

    /// <param name="StartedAt">The start of the fetch: a key that is absent was not published before it.</param>
    private sealed record Fetched(OpenIdConnectConfiguration Configuration, long StartedAt)
    {
        private readonly HashSet<string> _names =
            [.. Configuration.SigningKeys.Select(key => key.KeyId).Where(name => !string.IsNullOrEmpty(name))];

        public bool Contains(string? name) => !string.IsNullOrEmpty(name) && _names.Contains(name);
    }
}

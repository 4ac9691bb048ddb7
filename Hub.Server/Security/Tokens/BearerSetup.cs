using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace Realtime.Server.Security.Tokens;

/// <summary>Configures the stock handler as docs/PROTOCOL.md says (Tokens); everything it does not mention is the handler's own default.</summary>
internal sealed class BearerSetup(
    IOptions<AuthOptions> auth, TokenKey key, ProviderKeys provider, BearerEvents events, TimeProvider time)
    : IConfigureNamedOptions<JwtBearerOptions>
{
    // A key that verifies must never be one that can sign: with an identity provider there is no HS256, with a shared key nothing else.
    private static readonly string[] SharedKeyAlgorithms = [SecurityAlgorithms.HmacSha256];

    /// <summary>What an identity provider may sign with.</summary>
    public static readonly string[] ProviderAlgorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    // Absent, plain or access token. Anything else (logout+jwt, dpop+jwt …) was made for another purpose.
    private static readonly string[] AccessTokenTypes = ["JWT", "at+jwt", "application/at+jwt"];

    public void Configure(JwtBearerOptions options) => Configure(JwtBearerDefaults.AuthenticationScheme, options);

    public void Configure(string? name, JwtBearerOptions options)
    {
        var settings = auth.Value;
        options.ConfigurationManager = key.IsShared ? null : provider;
        options.MapInboundClaims = false;
        options.SaveToken = false;
        options.Events = events;
        options.TokenValidationParameters = new()
        {
            IssuerSigningKey = key.Shared,
            // A key that is in Redis may be known only later.
            IssuerSigningKeyResolver = key.IsShared ? (_, _, _, _) => key.Shared is { } known ? [known] : [] : null,
            ValidAlgorithms = key.IsShared ? SharedKeyAlgorithms : ProviderAlgorithms,
            ValidateIssuerSigningKey = true,
            ValidateIssuer = settings.Authority is not null || settings.Issuer is not null,
            ValidIssuer = settings.Issuer,
            ValidateAudience = settings.Audience is not null,
            ValidAudience = settings.Audience,
            RequireAudience = settings.Audience is not null,
            LifetimeValidator = CheckTimes,
            TypeValidator = (type, _, _) => CheckType(type),
            NameClaimType = "sub",
            RoleClaimType = "role",
        };
    }

    private bool CheckTimes(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters) =>
        TokenTimes.Of(notBefore, expires).FaultAt(time.GetUtcNow()) is { } fault ? throw fault : true;

    /// <exception cref="SecurityTokenInvalidTypeException">The token's <c>typ</c> is that of another purpose.</exception>
    public static string CheckType(string? type) =>
        string.IsNullOrEmpty(type) || AccessTokenTypes.Contains(type, StringComparer.OrdinalIgnoreCase)
            ? type ?? ""
            : throw new SecurityTokenInvalidTypeException("The token was made for another purpose.");
}

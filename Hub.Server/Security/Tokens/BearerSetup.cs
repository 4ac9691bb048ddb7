using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace Realtime.Server.Security.Tokens;

/// <summary>
/// Configures the stock handler as docs/PROTOCOL.md says (Tokens); the handler's own defaults apply to everything else.
/// </summary>
internal sealed class BearerSetup(
    IOptions<AuthOptions> auth, TokenKey key, ProviderKeys provider, BearerEvents events, TimeProvider time)
    : IConfigureNamedOptions<JwtBearerOptions>
{
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
            // A key that is in Redis may become known later, and the previous one counts only for a while.
            IssuerSigningKeyResolver = key.IsShared ? (_, _, _, _) => key.Accepted : null,
            ValidAlgorithms = key.IsShared ? AcceptedTokens.SharedKeyAlgorithms : AcceptedTokens.ProviderAlgorithms,
            ValidateIssuerSigningKey = true,
            ValidateIssuer = settings.Authority is not null || settings.Issuer is not null,
            ValidIssuer = settings.Issuer,
            ValidateAudience = settings.Audience is not null,
            ValidAudience = settings.Audience,
            RequireAudience = settings.Audience is not null,
            LifetimeValidator = name == EndedToken.OrValid ? CheckNotBefore : CheckTimes,
            TypeValidator = (type, _, _) => AcceptedTokens.CheckType(type),
            NameClaimType = "sub",
            RoleClaimType = "role",
        };
    }

    private bool CheckTimes(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters) =>
        TokenTimes.Of(notBefore, expires).FaultAt(time.GetUtcNow()) is { } fault ? throw fault : true;

    private bool CheckNotBefore(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters) =>
        TokenTimes.Of(notBefore, expires).FaultAt(time.GetUtcNow()) is { } fault and not SecurityTokenExpiredException ? throw fault : true;
}

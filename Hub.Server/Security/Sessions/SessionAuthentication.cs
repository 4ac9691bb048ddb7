using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using Realtime.Server.Http;
using Realtime.Server.Security.Origins;
using Realtime.Server.Security.Tokens;

namespace Realtime.Server.Security.Sessions;

/// <summary>Authenticates a browser's session. The bearer handler writes refusals, except while the session cannot be read.</summary>
internal sealed class SessionAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, SessionCookie cookie,
    SessionRevocation endings, AllowedOrigins origins)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Session";

    /// <summary>There may be a session, but its keys are unavailable now.</summary>
    public static readonly Problem KeysUnknown = new(
        StatusCodes.Status503ServiceUnavailable, "The keys of sessions cannot be read yet. Try again in a moment.", RetryAfterSeconds: 1);

    private bool _isNotNow;

    /// <summary>Which scheme authenticates a request: a bearer token wins, and a cookie counts only for reading.</summary>
    public static string Select(HttpContext context)
    {
        var request = context.Request;
        if (!AuthorizationHeader.LeavesRoom(request.Headers.Authorization) || !request.Cookies.ContainsKey(SessionCookie.Name))
            return JwtBearerDefaults.AuthenticationScheme;
        var demands = context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>() ?? [];
        return demands.Any(demand => demand.Policy == Policies.Reading) ? SchemeName : JwtBearerDefaults.AuthenticationScheme;
    }

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var reading = await cookie.ReadAsync(Request);
        _isNotNow = reading.IsNotNow;
        if (reading.Ticket is not { } ticket || await endings.WasEndedAsync(ticket)) return AuthenticateResult.NoResult();
        var identity = origins.RefuseSession(Request) is { } reason
            ? (ClaimsIdentity)new RefusedIdentity(ticket.User, reason)
            : new CallerIdentity(ticket.ToCaller(), [new("sub", ticket.User)], SchemeName);
        return AuthenticateResult.Success(new(new(identity), new AuthenticationProperties { ExpiresUtc = ticket.ExpiresAt }, SchemeName));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) =>
        _isNotNow ? NotNow.AnswerAsync(Context, KeysUnknown) : Context.ChallengeAsync(JwtBearerDefaults.AuthenticationScheme, properties);
}

using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;

namespace Realtime.Server.Security.Tokens;

/// <summary>Checks a bearer token that did not come in a request's header, by the same handler as those that did.</summary>
internal sealed class TokenCheck(TokenCache cache, IServiceScopeFactory scopes)
{
    public async Task<CheckedToken> CheckAsync(SecretText token, CancellationToken cancel)
    {
        var header = AuthorizationHeader.Of(token.Value);
        if (cache.Find(header) is { } known) return CheckedToken.Of(known.AuthenticateResult!);
        var request = new DefaultHttpContext { RequestAborted = cancel };
        request.Request.Headers.Authorization = header;
        var result = AuthenticateResult.NoResult();
        await scopes.WithHandlersAsync(request, async () =>
        {
            result = await request.AuthenticateAsync(JwtBearerDefaults.AuthenticationScheme);
            return result.Succeeded;
        });
        return CheckedToken.Of(result);
    }
}

/// <param name="Caller">Null if the token is refused.</param>
/// <param name="IsNotNow">True if it may be valid, but its key is not known now.</param>
internal readonly record struct CheckedToken(Caller? Caller, bool IsNotNow)
{
    public static CheckedToken Of(AuthenticateResult result) =>
        new((result.Principal?.Identity as CallerIdentity)?.Caller, result.Failure is NotNowException);
}

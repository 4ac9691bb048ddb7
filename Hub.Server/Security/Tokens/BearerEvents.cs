using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Realtime.Server.Http;
using Realtime.Server.Security.Claims;

namespace Realtime.Server.Security.Tokens;

/// <summary>Extends the stock handler's validation: with key look-up, cache and caller, and with refusals as problem responses.</summary>
internal sealed class BearerEvents(TokenCache cache, TokenJudge judge, CallerReader callers, TokenKey key) : JwtBearerEvents
{
    public override async Task MessageReceived(MessageReceivedContext context)
    {
        var headers = context.Request.Headers.Authorization;
        if (headers.Count > 1) context.Fail(new AmbiguousTokenException());
        else if (AuthorizationHeader.TokenIn(headers) is { } token
            && await judge.RefuseAsync(token, context.HttpContext.RequestAborted) is { } refusal)
            context.Fail(refusal);
    }

    public override async Task AuthenticationFailed(AuthenticationFailedContext context)
    {
        // Nothing to do for an unknown key: the judge has already looked for it.
        if (context.Exception is not SecurityTokenInvalidSignatureException or SecurityTokenSignatureKeyNotFoundException) return;
        if (AuthorizationHeader.TokenIn(context.Request.Headers.Authorization) is { } token
            && await judge.ReconsiderAsync(token, context.HttpContext.RequestAborted) is { } refusal)
            context.Fail(refusal);
    }

    public override Task TokenValidated(TokenValidatedContext context)
    {
        var token = (JsonWebToken)context.SecurityToken;
        if (token.TryGetHeaderValue<object>("crit", out _))
        {
            // RFC 7515, 4.1.11: a recipient that does not understand a critical parameter must refuse. The handler does not check this.
            context.Fail("The token's header names critical parameters, and none is known here.");
            return Task.CompletedTask;
        }
        try
        {
            context.Principal = new ClaimsPrincipal(callers.Read(token));
        }
        catch (NoUserException noUser)
        {
            context.Fail(noUser);
            return Task.CompletedTask;
        }
        // A stream is one request, and its token is not needed again.
        if (context.Request.WantsEventStream() || context.Scheme.Name == EndedToken.OrValid) return Task.CompletedTask;
        // The handler takes the token from this header alone: AccessTokenInQuery has moved it there from the query.
        cache.Keep(context.Request.Headers.Authorization.ToString(), context.Principal, context.Properties,
            new(token.ValidFrom, key.LimitOf(token)));
        return Task.CompletedTask;
    }

    public override Task Challenge(JwtBearerChallengeContext context)
    {
        context.HandleResponse();
        if (context.AuthenticateFailure is NotNowException notNow) return NotNow.AnswerAsync(context.HttpContext, notNow.Problem);
        var (problem, challenge) = context.AuthenticateFailure switch
        {
            null => (Unauthorized("Send a bearer token."), "Bearer"),
            AmbiguousTokenException => (Unauthorized("Send one token, once."), "Bearer error=\"invalid_request\""),
            SecurityTokenExpiredException => (Unauthorized("The token has expired."), Invalid("The token has expired")),
            SecurityTokenNotYetValidException => (Unauthorized("The token is not valid yet."), Invalid("The token is not valid yet")),
            NoUserException noUser => (Unauthorized(noUser.Message), Invalid("The token names no user")),
            _ => (Unauthorized("The token is invalid."), Invalid("The token is invalid")),
        };
        context.Response.Headers.WWWAuthenticate = challenge;
        return Problems.WriteAsync(context.HttpContext, problem);
    }

    public override Task Forbidden(ForbiddenContext context)
    {
        var refused = context.HttpContext.User.Identity as RefusedIdentity;
        return Problems.WriteAsync(context.HttpContext, new(
            StatusCodes.Status403Forbidden, refused?.Reason ?? "The token lacks the required role."));
    }

    private static Problem Unauthorized(string detail) => new(StatusCodes.Status401Unauthorized, detail);

    private static string Invalid(string description) => $"Bearer error=\"invalid_token\", error_description=\"{description}\"";

    private sealed class AmbiguousTokenException() : Exception("More than one token was sent.");
}

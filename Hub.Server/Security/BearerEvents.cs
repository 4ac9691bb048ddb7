using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using Realtime.Server.Operations;

namespace Realtime.Server.Security;

/// <summary>What surrounds the stock handler's validation: the cache and the caller after it, and its refusals as problems.</summary>
internal sealed class BearerEvents(TokenCache cache, TokenKey key) : JwtBearerEvents
{
    private const int ProviderRetrySeconds = 5;
    private const int KeyRetrySeconds = 1;

    /// <summary>Development with Redis: the key that the nodes share is kept there, and it has not been reached yet.</summary>
    public static readonly Problem KeyUnknown = new(
        StatusCodes.Status503ServiceUnavailable, "The signing key is kept in Redis, which has not been reached yet.", null, KeyRetrySeconds);

    public override async Task MessageReceived(MessageReceivedContext context)
    {
        var headers = context.Request.Headers.Authorization;
        if (headers.Count > 1)
        {
            context.Fail(new AmbiguousTokenException());
        }
        else if (headers.Count == 1 && !await key.IsKnownAsync(context.HttpContext.RequestAborted))
        {
            context.Fail(new KeyUnknownException());
        }
        else if (headers.Count == 1 && context.Options.ConfigurationManager is { } provider)
        {
            await RequireProviderAsync(provider, context);
        }
    }

    public override Task TokenValidated(TokenValidatedContext context)
    {
        var token = (JsonWebToken)context.SecurityToken;
        if (token.TryGetHeaderValue<object>("crit", out _))
        {
            // RFC 7515, 4.1.11: whoever does not understand what is critical must refuse. The handler does not look.
            context.Fail("The token's header names critical parameters, and none is known here.");
            return Task.CompletedTask;
        }
        if (CallerReader.Read(token) is not { } identity)
        {
            context.Fail("The token's sub is not a user id.");
            return Task.CompletedTask;
        }
        context.Principal = new ClaimsPrincipal(identity);
        // A stream is one request, and its token is not needed again.
        if (context.Request.WantsEventStream()) return Task.CompletedTask;
        // The handler takes the token from this header alone: AccessTokenInQuery has put it there if it came otherwise.
        cache.Keep(context.Request.Headers.Authorization.ToString(), context.Principal, context.Properties, new(token.ValidFrom, token.ValidTo));
        return Task.CompletedTask;
    }

    public override Task Challenge(JwtBearerChallengeContext context)
    {
        context.HandleResponse();
        var (problem, challenge) = context.AuthenticateFailure switch
        {
            null => (Unauthorized("Send a bearer token."), "Bearer"),
            ProviderUnreachableException => (ProviderUnreachable, null),
            KeyUnknownException => (KeyUnknown, null),
            AmbiguousTokenException => (Unauthorized("Send one token, once."), "Bearer error=\"invalid_request\""),
            SecurityTokenExpiredException => (Unauthorized("The token has expired."), Invalid("The token has expired")),
            SecurityTokenNotYetValidException => (Unauthorized("The token is not valid yet."), Invalid("The token is not valid yet")),
            _ => (Unauthorized("The token is not valid here."), Invalid("The token is not valid here")),
        };
        if (challenge is not null) context.Response.Headers.WWWAuthenticate = challenge;
        return Problems.WriteAsync(context.HttpContext, problem);
    }

    public override Task Forbidden(ForbiddenContext context)
    {
        var refused = context.HttpContext.User.Identity as RefusedIdentity;
        return Problems.WriteAsync(context.HttpContext, new(
            StatusCodes.Status403Forbidden, refused?.Reason ?? "The token does not carry the role that this needs."));
    }

    /// <summary>Tells a token that cannot be checked now from one that is bad: the stock handler would call both 401.</summary>
    private static async Task RequireProviderAsync(
        IConfigurationManager<OpenIdConnectConfiguration> provider, MessageReceivedContext context)
    {
        try
        {
            // Cached by the manager, also over failures, once it had an answer.
            await provider.GetConfigurationAsync(context.HttpContext.RequestAborted);
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException or HttpRequestException)
        {
            context.Fail(new ProviderUnreachableException(exception));
        }
    }

    private static Problem Unauthorized(string detail) => new(StatusCodes.Status401Unauthorized, detail);

    private static string Invalid(string description) => $"Bearer error=\"invalid_token\", error_description=\"{description}\"";

    private static readonly Problem ProviderUnreachable = new(
        StatusCodes.Status503ServiceUnavailable, "The identity provider cannot be reached, so no token can be checked.", null, ProviderRetrySeconds);

    private sealed class AmbiguousTokenException() : Exception("More than one token was sent.");

    private sealed class KeyUnknownException() : Exception("The signing key is not known yet.");

    private sealed class ProviderUnreachableException(Exception inner) : Exception("The identity provider's keys could not be had.", inner);
}

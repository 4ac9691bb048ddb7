using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.Tokens;

namespace Realtime.Server.Security.Tokens;

/// <summary>Tokens whose time is over.</summary>
internal static class EndedToken
{
    /// <summary>The scheme that accepts tokens that have ended, and are valid in all else. Who uses it looks at the end.</summary>
    public const string OrValid = "BearerOrEnded";

    extension(AuthenticateResult result)
    {
        /// <summary>Whether the token was refused because its time is over.</summary>
        public bool HasEnded => result.Failure is SecurityTokenExpiredException;
    }
}

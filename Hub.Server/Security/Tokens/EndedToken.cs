using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.Tokens;

namespace Realtime.Server.Security.Tokens;

internal static class EndedToken
{
    extension(AuthenticateResult result)
    {
        /// <summary>Whether the token was refused because its time is over.</summary>
        public bool HasEnded => result.Failure is SecurityTokenExpiredException;
    }
}

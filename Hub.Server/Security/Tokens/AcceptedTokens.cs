using Microsoft.IdentityModel.Tokens;

namespace Realtime.Server.Security.Tokens;

/// <summary>The algorithms and types of tokens that are accepted.</summary>
/// <remarks>
/// A provider's public key must never verify HS256. So an identity provider excludes HS256, and a shared key excludes all else.
/// </remarks>
internal static class AcceptedTokens
{
    public static readonly string[] SharedKeyAlgorithms = [SecurityAlgorithms.HmacSha256];

    /// <summary>The algorithms that an identity provider may sign with.</summary>
    public static readonly string[] ProviderAlgorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    // Absent, plain or access token. Anything else (logout+jwt, dpop+jwt …) was made for another purpose.
    private static readonly string[] Types = ["JWT", "at+jwt", "application/at+jwt"];

    /// <exception cref="SecurityTokenInvalidTypeException">The token's <c>typ</c> is that of another purpose.</exception>
    public static string CheckType(string? type) =>
        string.IsNullOrEmpty(type) || Types.Contains(type, StringComparer.OrdinalIgnoreCase)
            ? type ?? ""
            : throw new SecurityTokenInvalidTypeException("The token was made for another purpose.");
}

using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Realtime.Server.Security.Claims;

namespace Realtime.Server.Security;

/// <summary>Section <c>Hub:Auth</c>. Tokens are signed by an identity provider, or with a key that this server shares.</summary>
internal sealed partial class AuthOptions
{
    public const string Section = "Hub:Auth";

    /// <summary>An OpenID Connect issuer whose keys are discovered. Needs <see cref="Audience"/>. Default: none.</summary>
    public string? Authority { get; set => field = Given(value); }

    /// <summary>The <c>aud</c> that tokens must have. Default: not checked.</summary>
    public string? Audience { get; set => field = Given(value); }

    /// <summary>The <c>iss</c> that tokens must have. Default: the issuer from discovery; not checked with a signing key.</summary>
    public string? Issuer { get; set => field = Given(value); }

    /// <summary>HS256 key: the UTF-8 bytes of this text, at least 32, never decoded. Default: none; in Development one is made.</summary>
    public string? SigningKey { get; set => field = Given(value); }

    /// <summary>
    /// The key before <see cref="SigningKey"/>, which still verifies tokens until <see cref="PreviousSigningKeyUntil"/>. Default: none.
    /// </summary>
    public string? PreviousSigningKey { get; set => field = Given(value); }

    /// <summary>RFC 3339 with an offset, such as 2026-12-24T18:00:00Z. Required with <see cref="PreviousSigningKey"/>.</summary>
    public string? PreviousSigningKeyUntil { get; set => field = Given(value); }

    /// <summary>The claim that names the user. See <see cref="ClaimPath"/>.</summary>
    public string UserClaim { get; set => field = Given(value) ?? DefaultUserClaim; } = DefaultUserClaim;

    /// <summary>The claim that lists the user's groups.</summary>
    public string GroupsClaim { get; set => field = Given(value) ?? DefaultGroupsClaim; } = DefaultGroupsClaim;

    /// <summary>
    /// The groups that count; the others are dropped before they are counted. See <see cref="GroupPatterns"/>. Default: all.
    /// </summary>
    public string? GroupsAllowed { get; set => field = Given(value); }

    /// <summary>The claim that lists the caller's roles.</summary>
    public string RoleClaim { get; set => field = Given(value) ?? DefaultRoleClaim; } = DefaultRoleClaim;

    /// <summary>What tokens call the role that may publish.</summary>
    public string PublisherRole { get; set => field = Given(value) ?? Roles.Publisher; } = Roles.Publisher;

    /// <summary>What tokens call the role that may administer.</summary>
    public string AdminRole { get; set => field = Given(value) ?? Roles.Admin; } = Roles.Admin;

    private const string DefaultUserClaim = "sub", DefaultGroupsClaim = "groups", DefaultRoleClaim = "role";

    /// <summary><see cref="PreviousSigningKeyUntil"/> as a moment; null if there is none, or if it is not one.</summary>
    internal DateTimeOffset? PreviousUntil =>
        Moment().IsMatch(PreviousSigningKeyUntil ?? "")
        && DateTimeOffset.TryParse(PreviousSigningKeyUntil, CultureInfo.InvariantCulture, out var until) ? until : null;

    // Without an offset, the moment would depend on the server's time zone.
    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$")]
    private static partial Regex Moment();

    // A deployment file passes an unset variable on as an empty text.
    private static string? Given(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;
}

/// <summary>Rejects settings that would accept no caller, or tokens that are forged or made for other services.</summary>
internal sealed class AuthOptionsValidator(IHostEnvironment environment) : IValidateOptions<AuthOptions>
{
    private const int MinKeyBytes = 32;

    public ValidateOptionsResult Validate(string? name, AuthOptions options)
    {
        var faults = Faults(options).ToList();
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private IEnumerable<string> Faults(AuthOptions options)
    {
        var (authority, key) = (options.Authority, options.SigningKey);
        if (authority is null && key is null && !environment.IsDevelopment())
            yield return "No caller could be authenticated: set Hub:Auth:Authority and Hub:Auth:Audience (OpenID Connect), or "
                + "Hub:Auth:SigningKey (HS256, at least 32 bytes). Only the Development environment makes a key of its own.";
        if (authority is not null && key is not null)
            yield return "Hub:Auth:Authority and Hub:Auth:SigningKey exclude each other: remove one of them.";
        if (authority is not null && options.Audience is null)
            yield return "Hub:Auth:Authority needs Hub:Auth:Audience: without it any token of that issuer, made for any service, would do "
                + "here.";
        if (authority is not null && !IsAddress(authority))
            yield return "Hub:Auth:Authority must be an https address (in Development http will do), such as "
                + "https://login.example.com/tenant.";
        if (IsShort(key)) yield return TooShort("Hub:Auth:SigningKey");
        foreach (var fault in FaultsOfPreviousKey(options)) yield return fault;
        foreach (var (setting, path) in new[]
        {
            ("UserClaim", options.UserClaim), ("GroupsClaim", options.GroupsClaim), ("RoleClaim", options.RoleClaim),
        })
        {
            if (!ClaimPath.TryParse(path, out _)) yield return $"Hub:Auth:{setting} {ClaimPath.Expected}";
        }
    }

    private static IEnumerable<string> FaultsOfPreviousKey(AuthOptions options)
    {
        var (key, previous, until) = (options.SigningKey, options.PreviousSigningKey, options.PreviousSigningKeyUntil);
        if (previous is not null && key is null)
            yield return "Hub:Auth:PreviousSigningKey needs Hub:Auth:SigningKey, the key that has replaced it.";
        if (IsShort(previous)) yield return TooShort("Hub:Auth:PreviousSigningKey");
        if (previous is null != (until is null))
            yield return "Hub:Auth:PreviousSigningKey and Hub:Auth:PreviousSigningKeyUntil belong together: set both, or remove both.";
        if (until is not null && options.PreviousUntil is null)
            yield return "Hub:Auth:PreviousSigningKeyUntil must be a moment with an offset (RFC 3339), such as 2026-12-24T18:00:00Z.";
    }

    private static bool IsShort(string? key) => key is not null && Encoding.UTF8.GetByteCount(key) < MinKeyBytes;

    private static string TooShort(string setting) =>
        $"{setting} must have at least {MinKeyBytes} bytes (as UTF-8; it is not decoded). Try: openssl rand -base64 48";

    private bool IsAddress(string authority) =>
        Uri.TryCreate(authority, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && environment.IsDevelopment()));
}

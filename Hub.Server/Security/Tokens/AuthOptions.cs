using System.Text;
using Microsoft.Extensions.Options;

namespace Realtime.Server.Security.Tokens;

/// <summary>Section <c>Hub:Auth</c>. Tokens are signed by an identity provider, or with a key that this server shares.</summary>
internal sealed class AuthOptions
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
        if (key is not null && Encoding.UTF8.GetByteCount(key) < MinKeyBytes)
            yield return $"Hub:Auth:SigningKey must have at least {MinKeyBytes} bytes (as UTF-8; it is not decoded). Try: openssl rand "
                + "-base64 48";
    }

    private bool IsAddress(string authority) =>
        Uri.TryCreate(authority, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && environment.IsDevelopment()));
}

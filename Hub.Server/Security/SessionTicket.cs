using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;

namespace Realtime.Server.Security;

/// <summary>What a session cookie says: who reads, and for how long. No roles: a session neither publishes nor administers.</summary>
/// <param name="Id">The same for all cookies that this user got in one browser until it signed out.</param>
/// <param name="ExpiresAt">That of the token which it was made from; whole seconds.</param>
internal sealed record SessionTicket(string Id, string User, string[] Groups, DateTimeOffset ExpiresAt);

/// <summary>The cookie itself: encrypted and authenticated with keys that all nodes share, so that any of them can read it.</summary>
internal sealed class SessionCookie(IDataProtectionProvider protection, TimeProvider time)
{
    public const string Name = "hub-session";

    /// <summary>Characters; browsers drop a cookie that has more than 4,096 bytes with its name and attributes.</summary>
    public const int MaxLength = 3_900;

    private const string Purpose = "Realtime session v1";

    private readonly IDataProtector _protector = protection.CreateProtector(Purpose);

    /// <summary>Gives the browser its session.</summary>
    /// <returns>False: it would not fit into a cookie.</returns>
    public bool TryWrite(HttpContext context, SessionTicket ticket)
    {
        var value = _protector.Protect(JsonSerializer.SerializeToUtf8Bytes(ticket));
        var text = Microsoft.AspNetCore.WebUtilities.WebEncoders.Base64UrlEncode(value);
        if (text.Length > MaxLength) return false;
        context.Response.Cookies.Append(Name, text, Attributes(context.Request, ticket.ExpiresAt));
        return true;
    }

    public static void Delete(HttpContext context) => context.Response.Cookies.Delete(Name, Attributes(context.Request, null));

    /// <summary>The request's session, if it has one that is genuine and not over.</summary>
    public SessionTicket? Read(HttpRequest request)
    {
        if (!request.Cookies.TryGetValue(Name, out var text) || text.Length > MaxLength) return null;
        try
        {
            var bytes = _protector.Unprotect(Microsoft.AspNetCore.WebUtilities.WebEncoders.Base64UrlDecode(text));
            return JsonSerializer.Deserialize<SessionTicket>(bytes) is { } ticket && ticket.ExpiresAt > time.GetUtcNow() ? ticket : null;
        }
        catch (Exception forged) when (forged is CryptographicException or FormatException or JsonException)
        {
            return null;
        }
    }

    private static CookieOptions Attributes(HttpRequest request, DateTimeOffset? expires) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = request.IsHttps,
        Path = "/",
        Expires = expires,
        IsEssential = true,
    };
}

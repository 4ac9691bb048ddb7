using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Realtime.Server.Security;

/// <summary>What a session cookie says: who reads, and for how long. No roles: a session neither publishes nor administers.</summary>
/// <param name="Id">The same for all cookies that this user got in one browser until it signed out.</param>
/// <param name="ExpiresAt">That of the token which it was made from; whole seconds.</param>
internal sealed record SessionTicket(string Id, string User, string[] Groups, DateTimeOffset ExpiresAt);

/// <summary>The cookie itself: encrypted and authenticated with a key that all nodes share, so that any of them can read it.</summary>
internal sealed class SessionCookie(SessionKey key, TimeProvider time)
{
    public const string Name = "hub-session";

    /// <summary>Characters; browsers drop a cookie that has more than 4,096 bytes with its name and attributes.</summary>
    public const int MaxLength = 3_900;

    // AES-GCM: nonce, tag, text.
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <summary>False: the store that keeps the key has not been reached yet.</summary>
    public bool IsReady => key.Value is not null;

    /// <summary>Gives the browser its session.</summary>
    /// <returns>False: it would not fit into a cookie.</returns>
    public bool TryWrite(HttpContext context, SessionTicket ticket)
    {
        var text = WebEncoders.Base64UrlEncode(Seal(key.Value!, JsonSerializer.SerializeToUtf8Bytes(ticket)));
        if (text.Length > MaxLength) return false;
        context.Response.Cookies.Append(Name, text, Attributes(context.Request, ticket.ExpiresAt));
        return true;
    }

    public static void Delete(HttpContext context) => context.Response.Cookies.Delete(Name, Attributes(context.Request, null));

    /// <summary>The request's session, if it has one that is genuine and not over.</summary>
    public SessionTicket? Read(HttpRequest request)
    {
        if (!request.Cookies.TryGetValue(Name, out var text) || text.Length > MaxLength || key.Value is not { } secret) return null;
        try
        {
            return JsonSerializer.Deserialize<SessionTicket>(Open(secret, WebEncoders.Base64UrlDecode(text))) is { } ticket && ticket.ExpiresAt > time.GetUtcNow() ? ticket : null;
        }
        catch (Exception forged) when (forged is CryptographicException or FormatException or JsonException)
        {
            return null;
        }
    }

    private static byte[] Seal(byte[] secret, byte[] text)
    {
        var value = new byte[NonceBytes + TagBytes + text.Length];
        var nonce = value.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(secret, TagBytes);
        cipher.Encrypt(nonce, text, value.AsSpan(NonceBytes + TagBytes), value.AsSpan(NonceBytes, TagBytes));
        return value;
    }

    /// <exception cref="CryptographicException">It is not genuine.</exception>
    private static byte[] Open(byte[] secret, byte[] value)
    {
        if (value.Length < NonceBytes + TagBytes) throw new CryptographicException("Too short.");
        var text = new byte[value.Length - NonceBytes - TagBytes];
        using var cipher = new AesGcm(secret, TagBytes);
        cipher.Decrypt(value.AsSpan(0, NonceBytes), value.AsSpan(NonceBytes + TagBytes), value.AsSpan(NonceBytes, TagBytes), text);
        return text;
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

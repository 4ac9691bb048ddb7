using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.WebUtilities;
using Realtime.Server.Http;
using Realtime.Server.Notifications;

namespace Realtime.Server.Security.Sessions;

/// <summary>The content of a session cookie: user, groups and expiry. No roles: a session neither publishes nor administers.</summary>
/// <param name="Id">The same for all cookies that this user got in one browser until it signed out.</param>
/// <param name="ExpiresAt">The expiry of the token from which the session was made; whole seconds.</param>
internal sealed record SessionTicket(string Id, string User, string[] Groups, DateTimeOffset ExpiresAt)
{
    /// <summary>See <see cref="Caller.GroupsAreUnknown"/>. Absent in the cookies of earlier versions, which ignore it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool GroupsAreUnknown { get; init; }

    /// <summary>See <see cref="Caller.IssuedAt"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? IssuedAt { get; init; }

    public Caller ToCaller() => new(User, Topic.AllOf(User, Groups), ExpiresAt, IsPublisher: false, IsAdmin: false, Id)
    {
        GroupsAreUnknown = GroupsAreUnknown,
        IssuedAt = IssuedAt,
    };
}

/// <param name="Ticket">Null if there is no session.</param>
/// <param name="IsNotNow">True if there may be a session, but the keys cannot be read now.</param>
internal readonly record struct SessionReading(SessionTicket? Ticket, bool IsNotNow = false);

/// <summary>The cookie itself: encrypted and authenticated with keys that all nodes share, so that any of them can read it.</summary>
internal sealed class SessionCookie(SessionKeyRing ring, TimeProvider time) : IDisposable
{
    public const string Name = "hub-session";

    /// <summary>Characters; browsers drop a cookie that has more than 4,096 bytes with its name and attributes.</summary>
    public const int MaxLength = 3_900;

    /// <summary>How long a cookie is not decrypted again after a read.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(1);

    /// <summary>Cookies remembered in one generation; there are two.</summary>
    public const int MaxRemembered = 8_192;

    private readonly RecentlyAccepted<SessionTicket> _accepted = new(MaxAge, MaxRemembered, time);

    /// <summary>The keys that encrypt new cookies; null if they are unavailable now.</summary>
    public ValueTask<SessionKeys?> FindKeysAsync(CancellationToken cancel) => ring.FindAsync(null, cancel);

    /// <summary>Writes the session cookie.</summary>
    /// <returns>False if the session does not fit into a cookie.</returns>
    public static bool TryWrite(HttpContext context, SessionKeys keys, SessionTicket ticket)
    {
        var text = WebEncoders.Base64UrlEncode(keys.Encrypt(JsonSerializer.SerializeToUtf8Bytes(ticket)));
        if (text.Length > MaxLength) return false;
        context.Response.Cookies.Append(Name, text, Attributes(context.Request, ticket.ExpiresAt));
        return true;
    }

    public static void Delete(HttpContext context) => context.Response.Cookies.Delete(Name, Attributes(context.Request, null));

    /// <summary>The request's session, if it is genuine and has not expired.</summary>
    public ValueTask<SessionReading> ReadAsync(HttpRequest request)
    {
        if (!request.Cookies.TryGetValue(Name, out var text) || text.Length > MaxLength) return default;
        return _accepted.Find(text) is { } ticket ? new(new SessionReading(Current(ticket))) : DecryptAsync(request, text);
    }

    public void Dispose() => _accepted.Dispose();

    private async ValueTask<SessionReading> DecryptAsync(HttpRequest request, string text)
    {
        var value = Decode(text);
        var id = SessionKeys.IdIn(value);
        if (await ring.FindAsync(id, request.HttpContext.RequestAborted) is not { } keys) return new(null, IsNotNow: true);
        if (id is null || !keys.Contain(id.Value)) return default;
        try
        {
            if (JsonSerializer.Deserialize<SessionTicket>(keys.Decrypt(value)) is not { } ticket) return default;
            // A stream is one request, and its cookie is not needed again.
            if (!request.WantsEventStream()) _accepted.Keep(text, ticket);
            return new(Current(ticket));
        }
        catch (Exception forged) when (forged is CryptographicException or JsonException)
        {
            return default;
        }
    }

    private SessionTicket? Current(SessionTicket ticket) => ticket.ExpiresAt > time.GetUtcNow() ? ticket : null;

    private static byte[] Decode(string text)
    {
        try
        {
            return WebEncoders.Base64UrlDecode(text);
        }
        catch (FormatException)
        {
            return [];
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

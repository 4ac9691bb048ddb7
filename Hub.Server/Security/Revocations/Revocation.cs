using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Realtime.Server.Security.Revocations;

/// <summary>A user was disconnected, and may be blocked for a time.</summary>
/// <param name="RefusedBefore">Unix seconds: a token with this <c>iat</c> or an earlier one is refused.</param>
/// <param name="BlockedUntil">Until then every token is refused, however new; null: a newer token is accepted at once.</param>
/// <param name="Reason">For operators only. It goes to the log and to the store, never to the user.</param>
internal sealed record Revocation(
    [property: JsonRequired] long RefusedBefore, DateTimeOffset? BlockedUntil = null, string? Reason = null)
{
    /// <summary>The longest reason, in UTF-16 code units.</summary>
    public const int MaxReason = 200;

    /// <summary>How long a revocation is kept if it blocks no longer. A token that lives longer counts again after that.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(30);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.Strict,
    };

    /// <summary>Whether a token is refused.</summary>
    /// <param name="issuedAt">Its <c>iat</c>. One without is taken for an old one.</param>
    public bool Refuses(DateTimeOffset? issuedAt, DateTimeOffset now) =>
        issuedAt is null || issuedAt.Value.ToUnixTimeSeconds() <= RefusedBefore || IsBlocking(now);

    public bool IsBlocking(DateTimeOffset now) => now < BlockedUntil;

    /// <summary>Whether it may be forgotten.</summary>
    public bool IsOver(DateTimeOffset now) => !IsBlocking(now) && now.ToUnixTimeSeconds() - RefusedBefore > Life.TotalSeconds;

    /// <summary>The text in the store: <c>{"refusedBefore":1796108400,"blockedUntil":"…","reason":"…"}</c>.</summary>
    public string Format() => JsonSerializer.Serialize(this, Json);

    public static bool TryParse(string? text, [NotNullWhen(true)] out Revocation? revocation)
    {
        revocation = null;
        try
        {
            revocation = text is null ? null : JsonSerializer.Deserialize<Revocation>(text, Json);
        }
        catch (JsonException)
        {
            // Another program's entry, or one of a later version that this version cannot read.
        }
        return revocation is not null;
    }
}

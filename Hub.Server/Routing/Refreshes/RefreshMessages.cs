using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Realtime.Server.Node;
using Realtime.Server.Routing.Nodes;

namespace Realtime.Server.Routing.Refreshes;

/// <summary>
/// The messages between nodes: <c>&lt;signature&gt; &lt;JSON of the request&gt;</c> and, as the answer,
/// <c>&lt;signature&gt; &lt;nonce&gt; &lt;node id&gt; refreshed|none|other|failed</c>, signed with the key that only the nodes share.
/// </summary>
/// <remarks>They hold what the token granted, never the token. Later versions may add members to the JSON.</remarks>
internal static class RefreshMessages
{
    /// <summary>Characters of a message at most: a hundred groups of 128 code units, all written as escapes, and room to spare.</summary>
    public const int MaxLength = 128 * 1024;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        NumberHandling = JsonNumberHandling.Strict,
        RespectNullableAnnotations = true,
    };

    public static string Write(RefreshRequest request, byte[] key)
    {
        var json = JsonSerializer.Serialize(request, Json);
        return $"{Signature.Of(key, RequestText(json))} {json}";
    }

    public static bool TryRead(string? message, byte[] key, [NotNullWhen(true)] out RefreshRequest? request)
    {
        request = null;
        if (!TrySplit(message, out var signature, out var json) || !Signature.IsRight(signature, key, RequestText(json))) return false;
        try
        {
            request = JsonSerializer.Deserialize<RefreshRequest>(json, Json);
        }
        catch (JsonException)
        {
            // A later version's, which asks for something that this version cannot do.
        }
        return request is not null && (request.Connection is null) != (request.Session is null);
    }

    public static string WriteAnswer(string nonce, string node, RefreshResult result, byte[] key)
    {
        var text = $"{nonce} {node} {WordOf(result)}";
        return $"{Signature.Of(key, AnswerText(text))} {text}";
    }

    public static bool TryReadAnswer(string? message, byte[] key, out (string Nonce, string Node, RefreshResult Result) answer)
    {
        answer = default;
        if (!TrySplit(message, out var signature, out var text) || !Signature.IsRight(signature, key, AnswerText(text))) return false;
        if (text.Split(' ') is not [var nonce, var node, var word, ..] || !NodeId.IsWellFormed(node)) return false;
        answer = (nonce, node, word switch
        {
            "refreshed" => RefreshResult.Refreshed,
            "none" => RefreshResult.NotFound,
            "other" => RefreshResult.OtherUser,
            _ => RefreshResult.Failed,
        });
        return true;
    }

    private static bool TrySplit(string? message, out string signature, out string text)
    {
        (signature, text) = ("", "");
        if (message is null || message.Length > MaxLength) return false;
        var space = message.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0) return false;
        (signature, text) = (message[..space], message[(space + 1)..]);
        return true;
    }

    private static string WordOf(RefreshResult result) => result switch
    {
        RefreshResult.Refreshed => "refreshed",
        RefreshResult.NotFound => "none",
        RefreshResult.OtherUser => "other",
        RefreshResult.Failed => "failed",
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, null),
    };

    // The text before the first space tells the forms apart from all others that are signed with this key.
    private static string RequestText(string json) => $"refresh {json}";

    private static string AnswerText(string text) => $"refreshed {text}";
}

using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Realtime.Server.Security.Claims;

/// <summary>
/// Where a token has a claim: <c>sub</c>, a path such as <c>realm_access.roles</c>, or a literal name in quotes such as
/// <c>"https://shop.example/roles"</c>. A part of a path may be quoted too: <c>resource_access."shop.web".roles</c>.
/// </summary>
internal sealed class ClaimPath
{
    public const string Expected =
        "must be a claim's name, or a path such as realm_access.roles. Put a name that contains dots in quotes: "
        + "\"https://shop.example/roles\".";

    private readonly string _text;
    private readonly IReadOnlyList<string> _names;

    private ClaimPath(string text, IReadOnlyList<string> names) => (_text, _names) = (text, names);

    /// <summary>The claim's own name, without the objects that it is in.</summary>
    public string Name => _names[^1];

    /// <exception cref="FormatException">The text is no path.</exception>
    public static ClaimPath Parse(string text) => TryParse(text, out var path) ? path : throw new FormatException($"'{text}' {Expected}");

    public static bool TryParse(string text, [NotNullWhen(true)] out ClaimPath? path)
    {
        path = null;
        List<string> names = [];
        for (var rest = text.AsSpan(); ;)
        {
            if (!TryTakeName(ref rest, out var name)) return false;
            names.Add(name);
            if (rest.Length == 0) break;
            if (rest[0] != '.') return false;
            rest = rest[1..];
        }
        path = new ClaimPath(text, names);
        return true;
    }

    /// <summary>The claim, if the token has it; a JSON null counts as absent.</summary>
    public bool TryFind(JsonElement claims, out JsonElement claim)
    {
        claim = claims;
        foreach (var name in _names)
        {
            if (claim.ValueKind != JsonValueKind.Object || !claim.TryGetProperty(name, out claim)) return false;
        }
        return claim.ValueKind != JsonValueKind.Null;
    }

    /// <summary>Adds the claim to a token's content.</summary>
    public void Add(Dictionary<string, object> claims, object value)
    {
        foreach (var name in _names.SkipLast(1))
        {
            if (!claims.TryGetValue(name, out var inner)) claims[name] = inner = new Dictionary<string, object>();
            claims = inner as Dictionary<string, object>
                ?? throw new InvalidOperationException($"The claim {_text} is inside another one: {name}.");
        }
        claims[Name] = value;
    }

    public override string ToString() => _text;

    private static bool TryTakeName(ref ReadOnlySpan<char> rest, [NotNullWhen(true)] out string? name)
    {
        name = null;
        var isQuoted = rest.StartsWith('"');
        if (isQuoted) rest = rest[1..];
        var end = isQuoted ? rest.IndexOf('"') : rest.IndexOfAny('.', '"');
        if (end < 0 && isQuoted) return false;
        var taken = end < 0 ? rest : rest[..end];
        // A name of a namespace without quotes would be read as a path that no token has.
        if (taken.IsWhiteSpace() || (!isQuoted && taken.IndexOfAny("/:\"") >= 0)) return false;
        name = taken.ToString();
        rest = end < 0 ? [] : rest[(isQuoted ? end + 1 : end)..];
        return true;
    }
}

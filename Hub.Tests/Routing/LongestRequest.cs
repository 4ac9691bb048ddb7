using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>
/// A caller whose requests are as long as docs/PROTOCOL.md allows: a hundred groups, and names of 128 code units with three bytes each.
/// </summary>
internal sealed class LongestRequest
{
    private const int NameLength = 128, MostGroups = 100;

    // As identity providers write it: in UTF-8, without escapes.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static int _users;

    public LongestRequest()
    {
        User = Name(Interlocked.Increment(ref _users));
        Groups = [.. Enumerable.Range(0, MostGroups).Select(Name)];
        Token = Mint("");
    }

    public string User { get; }

    public string[] Groups { get; }

    public string Token { get; }

    /// <summary>A token of the same user and groups that has exactly so many characters, or up to three fewer.</summary>
    public string TokenOf(int length)
    {
        var token = Mint(new string('x', (length - Token.Length) / 4 * 3));
        Assert.That(token, Has.Length.InRange(length - 6, length));
        return token;
    }

    private string Mint(string padding) => Tokens.Mint(JsonSerializer.Serialize(
        new { sub = User, groups = Groups, exp = (TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(1)).ToUnixTimeSeconds(), padding },
        Plain));

    private static string Name(int n) => n.ToString(CultureInfo.InvariantCulture).PadLeft(NameLength, '語');
}

using System.IO.Enumeration;

namespace Realtime.Server.Security.Claims;

/// <summary>
/// Which of a token's groups count: patterns with <c>;</c> between, in which <c>*</c> is any text, <c>?</c> one character, and <c>\</c>
/// takes the next character literally.
/// </summary>
internal sealed class GroupPatterns(string? text)
{
    private readonly string[]? _patterns = text?.Split(
        ';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <param name="group">Null, which is not a text, passes only where everything does; it is refused then.</param>
    public bool Allow(string? group) => _patterns is null || (group is not null && Array.Exists(
        _patterns, pattern => FileSystemName.MatchesSimpleExpression(pattern, group, ignoreCase: false)));
}

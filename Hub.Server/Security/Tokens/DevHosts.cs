using System.Net;
using Realtime.Server.Http;

namespace Realtime.Server.Security.Tokens;

/// <summary>
/// Under which names a developer's server gives tokens away. A page of any site can let its own name lead to this machine (DNS rebinding),
/// and is then of the same origin to the browser.
/// </summary>
internal sealed class DevHosts(IConfiguration configuration)
{
    /// <summary>Further names, <c>;</c> between them.</summary>
    private const string Setting = "AllowedHosts";

    public static readonly Problem Stranger = new(
        StatusCodes.Status403Forbidden,
        $"POST /dev/token answers pages and programs that call this server localhost, by an IP address, or by a name without a dot. Use "
        + $"one of these, or add the name to {Setting}.");

    private readonly string[] _allowed = (configuration[Setting]
        ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>
    /// Whether the request names this server as its developer does. A page can claim to be a proxy: the name before that counts as well.
    /// </summary>
    public bool Know(HttpRequest request)
    {
        foreach (var before in request.Headers["X-Original-Host"])
            if (!IsKnown(new HostString(before ?? "").Host)) return false;
        return IsKnown(request.Host.Host);
    }

    // No site can have one of these: an address is none of a site's own, and public DNS has no names without a dot.
    private bool IsKnown(string host) =>
        !host.Contains('.', StringComparison.Ordinal) || IPAddress.TryParse(host, out _)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase) || _allowed.Contains(host, StringComparer.OrdinalIgnoreCase);
}

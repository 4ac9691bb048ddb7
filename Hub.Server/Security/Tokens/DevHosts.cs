using System.Net;
using Realtime.Server.Http;

namespace Realtime.Server.Security.Tokens;

/// <summary>
/// The host names under which a developer's server issues tokens. A page of any site can let its own name lead to this machine (DNS
/// rebinding), and then has the same origin to the browser.
/// </summary>
internal sealed class DevHosts(IConfiguration configuration)
{
    /// <summary>Further names, separated by <c>;</c>.</summary>
    private const string Setting = "AllowedHosts";

    public static readonly Problem Stranger = new(
        StatusCodes.Status403Forbidden,
        $"POST /dev/token answers pages and programs that call this server localhost, by an IP address, or by a name without a dot. Use "
        + $"one of these, or add the name to {Setting}.");

    private readonly string[] _allowed = (configuration[Setting]
        ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>
    /// Whether the request uses a developer's name for this server. A page can claim to be a proxy, so the original host counts as well.
    /// </summary>
    public bool Know(HttpRequest request)
    {
        foreach (var before in request.Headers["X-Original-Host"])
            if (!IsKnown(new HostString(before ?? "").Host)) return false;
        return IsKnown(request.Host.Host);
    }

    // No site can have one of these as its name: an IP address belongs to no site, and public DNS has no names without a dot.
    private bool IsKnown(string host) =>
        !host.Contains('.', StringComparison.Ordinal) || IPAddress.TryParse(host, out _)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase) || _allowed.Contains(host, StringComparer.OrdinalIgnoreCase);
}

using Microsoft.Extensions.Options;

namespace Realtime.Server.Security;

/// <summary>
/// Switches off the log categories of the framework and of YARP that print a request's address with its query, which may hold a token.
/// Configuration cannot switch them on again.
/// </summary>
internal sealed class SilentCategories : IPostConfigureOptions<LoggerFilterOptions>
{
    private static readonly string[] Silent =
    [
        "Microsoft.AspNetCore.Hosting.Diagnostics",              // "Request starting HTTP/1.1 GET /hubs/orders?access_token=…"
        "Microsoft.AspNetCore.Server.Kestrel.BadRequests",       // "Invalid request line: 'GET /hubs/orders?access_token=…'"
        "Yarp.ReverseProxy.Forwarder.HttpForwarder",             // "Proxying to http://10.0.0.4:8080/hubs/orders?id=…"
    ];

    public void PostConfigure(string? name, LoggerFilterOptions options)
    {
        foreach (var category in Silent)
        {
            // The most specific rule wins: one for a provider before one for all, then the longest category, then the last.
            for (var i = options.Rules.Count - 1; i >= 0; i--)
                if (options.Rules[i].CategoryName?.Length > category.Length && Covers(options.Rules[i].CategoryName!, category))
                    options.Rules.RemoveAt(i);
            var providers = options.Rules.Select(rule => rule.ProviderName).Append(null).Distinct().ToList();
            foreach (var provider in providers) options.Rules.Add(new(provider, category, LogLevel.None, filter: null));
        }
    }

    /// <summary>Whether a rule's pattern, with its one wildcard, matches a category.</summary>
    private static bool Covers(string pattern, string category) =>
        pattern.IndexOf('*', StringComparison.Ordinal) is >= 0 and var star
        && category.StartsWith(pattern[..star], StringComparison.OrdinalIgnoreCase)
        && category.EndsWith(pattern[(star + 1)..], StringComparison.OrdinalIgnoreCase);
}

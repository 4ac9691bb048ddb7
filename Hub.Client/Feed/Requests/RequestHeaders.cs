using System.Net.Http.Headers;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Realtime.Client.Feed.Requests;

/// <summary>The headers that every request carries, the WebSocket's included.</summary>
internal sealed class RequestHeaders
{
    private static readonly string UserAgent =
        $"Realtime-Client/{Version()} " +
        $"({RuntimeInformation.OSArchitecture}; .NET {Environment.Version})";

    // Authorization comes from the token, and Accept selects the format of the response.
    private static readonly string[] Reserved = ["Authorization", "Accept"];

    private readonly Dictionary<string, string> _all = new(StringComparer.OrdinalIgnoreCase)
    {
        ["User-Agent"] = UserAgent,
        // Makes cookie authentication answer 401 instead of redirecting to a page for humans.
        ["X-Requested-With"] = "XMLHttpRequest",
    };

    // Without the commit, which stands after a plus sign.
    private static string? Version() => typeof(RequestHeaders).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];

    /// <param name="custom">Replaces the headers above; an empty value removes one.</param>
    public RequestHeaders(IReadOnlyDictionary<string, string> custom)
    {
        foreach (var (name, value) in custom)
        {
            if (!Reserved.Contains(name, StringComparer.OrdinalIgnoreCase)) _all[name] = value;
        }
    }

    public IReadOnlyDictionary<string, string> All => _all;

    /// <summary>Replaces what the SignalR client has set under these names.</summary>
    public void ApplyTo(HttpRequestHeaders headers)
    {
        foreach (var (name, value) in _all)
        {
            headers.Remove(name);
            if (value.Length > 0) headers.TryAddWithoutValidation(name, value);
        }
    }
}

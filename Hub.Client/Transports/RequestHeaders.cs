using System.Runtime.InteropServices;

namespace Realtime.Client.Transports;

/// <summary>The headers that every request carries, the WebSocket's included.</summary>
internal sealed class RequestHeaders
{
    private static readonly string UserAgent =
        $"Realtime-Hub-Client/{typeof(RequestHeaders).Assembly.GetName().Version?.ToString(3)} " +
        $"({RuntimeInformation.OSArchitecture}; .NET {Environment.Version})";

    private readonly Dictionary<string, string> _all = new(StringComparer.OrdinalIgnoreCase)
    {
        ["User-Agent"] = UserAgent,
        // Tells cookie authentication to answer 401 instead of redirecting to a page for humans.
        ["X-Requested-With"] = "XMLHttpRequest",
    };

    /// <param name="custom">Replace the above; an empty value removes.</param>
    public RequestHeaders(IReadOnlyDictionary<string, string> custom)
    {
        foreach (var (name, value) in custom) _all[name] = value;
    }

    public void ForEach(Action<string, string> add)
    {
        foreach (var (name, value) in _all)
        {
            if (value.Length > 0) add(name, value);
        }
    }
}

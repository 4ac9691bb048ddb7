namespace Realtime.Server.Http;

/// <summary>What a request asks for.</summary>
internal static class HttpRequestExtensions
{
    /// <summary>True if the client asks for an event stream instead of a document.</summary>
    public static bool WantsEventStream(this HttpRequest request) =>
        request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase);
}

using System.Net;

namespace Realtime.Client.Feed.Requests.Stack;

/// <summary>The server has refused a request with a status, which an exception of .NET Framework cannot tell.</summary>
#if NETSTANDARD
internal sealed class StatusException(string message, HttpStatusCode status, Exception? cause) : HttpRequestException(message, cause)
#else
internal sealed class StatusException(string message, HttpStatusCode status, Exception? cause)
    : HttpRequestException(message, cause, status)
#endif
{
    public HttpStatusCode Status => status;
}

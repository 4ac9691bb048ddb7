namespace Realtime.Client.Feed.Requests;

/// <summary>An operator has disconnected the user, so the server refuses the token (401). A newer token may be accepted.</summary>
/// <param name="isSecond">Whether it has refused a newer token as well.</param>
#if NETSTANDARD
internal sealed class TokenRevokedException(string message, bool isSecond) : HttpRequestException(message)
#else
internal sealed class TokenRevokedException(string message, bool isSecond)
    : HttpRequestException(message, null, System.Net.HttpStatusCode.Unauthorized)
#endif
{
    public bool IsSecond => isSecond;
}

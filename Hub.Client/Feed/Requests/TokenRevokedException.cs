using System.Net;
using Realtime.Client.Feed.Requests.Stack;

namespace Realtime.Client.Feed.Requests;

/// <summary>An operator has disconnected the user, so the server refuses the token (401). A newer token may be accepted.</summary>
/// <param name="isSecond">Whether it has refused a newer token as well.</param>
internal sealed class TokenRevokedException(string message, bool isSecond)
    : StatusException(message, HttpStatusCode.Unauthorized, null)
{
    public bool IsSecond => isSecond;
}

using Microsoft.AspNetCore.Http;
using Realtime.Server.Security;

namespace Realtime.Tests.Support;

/// <summary>No connection is open, so none was refreshed.</summary>
internal sealed class NoRefreshedConnections : IRefreshedConnections
{
    public bool IsUsedBy(HttpContext request, Caller caller) => false;
}

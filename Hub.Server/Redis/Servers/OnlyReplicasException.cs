using System.Net;

namespace Realtime.Server.Redis.Servers;

/// <summary>Every server that answers is a replica.</summary>
/// <param name="master">The first master that one of them names; null if none names a valid address.</param>
internal sealed class OnlyReplicasException(string message, EndPoint? master) : Exception(message)
{
    public EndPoint? Master { get; } = master;
}

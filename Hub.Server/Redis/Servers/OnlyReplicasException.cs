using System.Net;

namespace Realtime.Server.Redis.Servers;

/// <summary>Every server that answers is a replica.</summary>
/// <param name="master">The master that the first of them names; null if it names none that can be understood.</param>
internal sealed class OnlyReplicasException(string message, EndPoint? master) : Exception(message)
{
    public EndPoint? Master { get; } = master;
}

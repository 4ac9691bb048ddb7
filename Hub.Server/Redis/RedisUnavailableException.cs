namespace Realtime.Server.Redis;

/// <summary>Redis cannot be reached, is stuck, or refused a command. Whether what was sent has been carried out is not known.</summary>
internal sealed class RedisUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>
    /// Nothing was done, because the keys' slot of a cluster is moving to another server. Redis carries out commands for one key all the
    /// time, and commands for several keys only while one server has all of them.
    /// </summary>
    public bool IsOfMovingSlot { get; init; }
}

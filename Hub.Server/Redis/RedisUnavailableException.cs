namespace Realtime.Server.Redis;

/// <summary>Redis cannot be reached, is stuck, or refused a command. A command that was sent may or may not have been executed.</summary>
internal sealed class RedisUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>
    /// Nothing was done, because the keys' slot of a cluster is moving to another server. Meanwhile Redis executes commands for one key,
    /// but commands for several keys only while one server has all of them.
    /// </summary>
    public bool IsOfMovingSlot { get; init; }
}

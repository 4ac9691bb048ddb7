namespace Realtime.Server.Redis;

/// <summary>Redis cannot be reached, is stuck, or refused a command. Whether what was sent has been carried out is not known.</summary>
internal class RedisUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

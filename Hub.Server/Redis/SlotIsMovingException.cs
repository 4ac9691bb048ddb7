namespace Realtime.Server.Redis;

/// <summary>
/// The command did nothing, because its keys' slot of a cluster is moving to another server. Redis carries out commands for one key all the time, and
/// commands for several keys only while one server has all of them.
/// </summary>
internal sealed class SlotIsMovingException(string message, Exception inner) : RedisUnavailableException(message, inner);

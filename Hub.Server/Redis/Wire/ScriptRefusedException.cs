namespace Realtime.Server.Redis.Wire;

/// <summary>The server's own words for not running a script.</summary>
internal sealed class ScriptRefusedException(string message) : Exception(message);

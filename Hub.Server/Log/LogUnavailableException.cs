namespace Realtime.Server.Log;

/// <summary>The store cannot be reached, is stuck, full or broken right now. A write in progress is not confirmed.</summary>
internal sealed class LogUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

namespace Realtime.Server.Log;

/// <summary>The store cannot be opened at start. The message says why, and what an operator can do about it.</summary>
internal sealed class StoreUnusableException(string message, Exception? inner = null) : Exception(message, inner);

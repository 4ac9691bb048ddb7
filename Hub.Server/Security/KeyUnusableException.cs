namespace Realtime.Server.Security;

/// <summary>The signing key cannot be had at start. The message says why and what an operator can do about it.</summary>
internal sealed class KeyUnusableException(string message, Exception? inner = null) : Exception(message, inner);

namespace Realtime.Server.Security;

/// <summary>A key file cannot be used. The message says why and what an operator can do about it.</summary>
internal sealed class KeyUnusableException(string message, Exception? inner = null) : Exception(message, inner);

using System.Xml.Linq;
using Realtime.Server.Redis;

namespace Realtime.Server.Security.Sessions;

/// <summary>Stores the keys of session cookies. Calls do not block.</summary>
internal interface ISessionKeyStore
{
    /// <summary>All stored keys.</summary>
    /// <exception cref="RedisUnavailableException">The keys are in Redis, which does not answer.</exception>
    /// <exception cref="KeyUnusableException">The keys cannot be read; the message says what to do.</exception>
    Task<IReadOnlyCollection<XElement>> ReadAsync();

    /// <summary>Stores one more key.</summary>
    /// <param name="known">The number of elements when the key was found missing.</param>
    /// <returns>False if another node has added a key since, or is adding one: read again.</returns>
    /// <inheritdoc cref="ReadAsync"/>
    Task<bool> TryAddAsync(NewSessionKey key, int known);

    /// <summary>For the log, if <see cref="TryAddAsync"/> is refused again and again: the cause, and what to do.</summary>
    string WhyNotAdded { get; }
}

using System.Xml.Linq;
using Realtime.Server.Redis;

namespace Realtime.Server.Security.Sessions;

/// <summary>Where the keys of session cookies are kept. Calls do not block.</summary>
internal interface ISessionKeyStore
{
    /// <summary>All that is kept.</summary>
    /// <exception cref="RedisUnavailableException">Redis, which keeps them, does not answer.</exception>
    /// <exception cref="KeyUnusableException">They cannot be read; the message says what to do.</exception>
    Task<IReadOnlyCollection<XElement>> ReadAsync();

    /// <summary>Keeps one more key.</summary>
    /// <param name="known">How many elements there were when the key was found missing.</param>
    /// <returns>False: another node has added one since, or is adding one. Read again.</returns>
    /// <inheritdoc cref="ReadAsync"/>
    Task<bool> TryAddAsync(NewSessionKey key, int known);
}

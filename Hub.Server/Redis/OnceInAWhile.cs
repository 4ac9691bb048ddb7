using System.Collections.Concurrent;

namespace Realtime.Server.Redis;

/// <summary>Keeps a log readable: what goes wrong a thousand times a second about one key is told once a minute.</summary>
internal sealed class OnceInAWhile(TimeProvider time)
{
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    /// <summary>Beyond so many all are forgotten, and told again.</summary>
    private const int MostRemembered = 1_000;

    private readonly ConcurrentDictionary<(string About, int Event), long> _told = new();

    /// <summary>Whether this event may be told about this key now.</summary>
    public bool MayTell(string about, int eventId)
    {
        if (_told.TryGetValue((about, eventId), out var last) && time.GetElapsedTime(last) < Silence) return false;
        if (_told.Count >= MostRemembered) _told.Clear();
        _told[(about, eventId)] = time.GetTimestamp();
        return true;
    }
}

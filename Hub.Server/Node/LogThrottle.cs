using System.Collections.Concurrent;

namespace Realtime.Server.Node;

/// <summary>Keeps a log readable: a failure that repeats a thousand times a second for one key is logged once a minute.</summary>
internal sealed class LogThrottle(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Beyond this many keys, all are forgotten and logged again.</summary>
    private const int MostRemembered = 1_000;

    private readonly ConcurrentDictionary<(string About, int Event), long> _logged = new();

    /// <summary>Whether this event may be logged for this key now.</summary>
    public bool MayLog(string about, int eventId)
    {
        if (_logged.TryGetValue((about, eventId), out var last) && time.GetElapsedTime(last) < Interval) return false;
        if (_logged.Count >= MostRemembered) _logged.Clear();
        _logged[(about, eventId)] = time.GetTimestamp();
        return true;
    }
}

using Realtime.Server.Notifications;

namespace Realtime.Server.Feed;

/// <summary>The places where a reader got a reset. A second reset in the same place means that the log leads in a circle.</summary>
internal struct ResetPlaces
{
    /// <summary>Beyond this many the oldest is forgotten: a store that is restored again and again is no circle.</summary>
    private const int MostRemembered = 64;

    private Queue<Position>? _places;

    /// <returns>
    /// False if there was a reset in this place already. The place before the first notification does not count, because an emptied store
    /// leads there.
    /// </returns>
    public bool Add(Position place)
    {
        if (place == Position.Start) return true;
        _places ??= new();
        if (_places.Any(known => known == place && known.Tag == place.Tag)) return false;
        if (_places.Count == MostRemembered) _places.Dequeue();
        _places.Enqueue(place);
        return true;
    }
}

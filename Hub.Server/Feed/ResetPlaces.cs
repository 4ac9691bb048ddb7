using Realtime.Server.Notifications;

namespace Realtime.Server.Feed;

/// <summary>Where a reader was told of a reset. A second one in the same place means that the log leads in a circle.</summary>
internal struct ResetPlaces
{
    /// <summary>Beyond so many the oldest is forgotten: a store that is put back again and again is no circle.</summary>
    private const int MostRemembered = 64;

    private Queue<Position>? _places;

    /// <returns>False: there was one already. The place before the first notification does not count: a store that is emptied leads
    /// there.</returns>
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

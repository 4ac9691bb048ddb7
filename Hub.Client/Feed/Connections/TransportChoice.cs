namespace Realtime.Client.Feed.Connections;

/// <summary>
/// Which transports to try, in which order. The wish counts; but one that has just failed where another then carried, or that has fallen
/// silent again and again, comes last for a while, so that not every reconnect has to find that out anew.
/// </summary>
internal sealed class TransportChoice(IReadOnlyList<Transport> wish, TimeProvider time)
{
    private readonly Dictionary<Transport, long> _passedOverAt = [];
    private readonly Dictionary<Transport, int> _silences = [];

    public IReadOnlyList<Transport> Order() => [.. wish.Where(t => !IsPassedOver(t)), .. wish.Where(IsPassedOver)];

    /// <summary>It carries, where these did not.</summary>
    public void Carries(Transport transport, IEnumerable<Transport> failedBefore)
    {
        _passedOverAt.Remove(transport);
        foreach (var failed in failedBefore) _passedOverAt[failed] = time.GetTimestamp();
    }

    /// <summary>A connection that had carried is over.</summary>
    /// <param name="fellSilent">Whether nothing came any more, although the connection stood.</param>
    public void Ended(Transport transport, bool fellSilent)
    {
        var silences = _silences[transport] = fellSilent ? _silences.GetValueOrDefault(transport) + 1 : 0;
        if (silences < FeedLimits.SilencesToPassOver) return;
        _silences[transport] = 0;
        _passedOverAt[transport] = time.GetTimestamp();
    }

    private bool IsPassedOver(Transport transport) =>
        _passedOverAt.TryGetValue(transport, out var since) && time.GetElapsedTime(since) < FeedLimits.PassOver;
}

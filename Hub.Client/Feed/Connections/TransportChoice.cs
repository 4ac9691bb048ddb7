namespace Realtime.Client.Feed.Connections;

/// <summary>
/// Decides which transports to try, in which order: as the options say, with one exception. A transport comes last for a while if it
/// failed where another one worked, or if it repeatedly fell silent. Otherwise every reconnect would fail on it first.
/// </summary>
internal sealed class TransportChoice(IReadOnlyList<Transport> wish, TimeProvider time)
{
    private readonly Dictionary<Transport, long> _passedOverAt = [];
    private readonly Dictionary<Transport, int> _silences = [];

    public IReadOnlyList<Transport> Order() => [.. wish.Where(t => !IsPassedOver(t)), .. wish.Where(IsPassedOver)];

    /// <summary>This transport works; those in <paramref name="failedBefore"/> did not.</summary>
    public void Carries(Transport transport, IEnumerable<Transport> failedBefore)
    {
        _passedOverAt.Remove(transport);
        foreach (var failed in failedBefore) _passedOverAt[failed] = time.GetTimestamp();
    }

    /// <summary>A connection that worked has ended.</summary>
    /// <param name="fellSilent">Whether nothing more arrived although the connection was open.</param>
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

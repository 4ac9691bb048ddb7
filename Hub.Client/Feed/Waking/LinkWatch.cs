using System.Net.NetworkInformation;
using Microsoft.Extensions.Logging;

namespace Realtime.Client.Feed.Waking;

/// <summary>Finds out when a connection may be dead without notice: the machine or the program slept, or the network changed.</summary>
/// <remarks>
/// A timer fires each second. One that comes late by either clock means sleep, because clocks differ in whether they run meanwhile:
/// the monotonic clock of Linux stops, and the wall clock does not.
/// </remarks>
internal sealed class LinkWatch : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly Action _doubt;
    private readonly ILogger _log;
    private readonly ITimer _timer;
    private (long Monotonic, DateTimeOffset Wall) _ticked;      // guarded by _gate
    private long? _changedAt;                                   // guarded by _gate; when a change was last reported
    private bool _changedAgain;                                 // guarded by _gate

    /// <param name="doubt">Called when the connection is in doubt, on any thread. Must return soon.</param>
    public LinkWatch(TimeProvider time, Action doubt, ILogger log)
    {
        (_time, _doubt, _log) = (time, doubt, log);
        _ticked = Now();
        _timer = time.CreateTimer(_ => Look(), null, FeedLimits.Tick, FeedLimits.Tick);
        try
        {
            NetworkChange.NetworkAddressChanged += OnAddressChanged;
            NetworkChange.NetworkAvailabilityChanged += OnAvailabilityChanged;
        }
        catch (Exception unavailable) when (unavailable is NetworkInformationException or PlatformNotSupportedException)
        {
            log.NetworkUnwatched(unavailable.Message);
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        NetworkChange.NetworkAddressChanged -= OnAddressChanged;
        NetworkChange.NetworkAvailabilityChanged -= OnAvailabilityChanged;
    }

    /// <summary>
    /// The way to the server may have changed. Systems report one change several times, so within
    /// <see cref="FeedLimits.LinkTest"/> only the first is passed on, and at its end one for all others.
    /// </summary>
    public void NetworkChanged()
    {
        lock (_gate)
        {
            if (_changedAt is { } since && _time.GetElapsedTime(since) < FeedLimits.LinkTest)
            {
                _changedAgain = true;
                return;
            }
            (_changedAt, _changedAgain) = (_time.GetTimestamp(), false);
        }
        _log.NetworkChanged();
        _doubt();
    }

    /// <summary>Looks at the clocks now: after a sleep, other timers may fire before this one.</summary>
    public void Look()
    {
        TimeSpan late;
        bool changedAgain;
        lock (_gate)
        {
            var now = Now();
            var (ran, passed) = (_time.GetElapsedTime(_ticked.Monotonic, now.Monotonic), now.Wall - _ticked.Wall);
            late = (ran > passed ? ran : passed) - FeedLimits.Tick;
            _ticked = now;
            changedAgain = _changedAgain && _changedAt is { } since && _time.GetElapsedTime(since) >= FeedLimits.LinkTest;
        }
        if (late > FeedLimits.SleptAfter)
        {
            _log.Slept(late);
            _doubt();
        }
        else if (changedAgain) NetworkChanged();
    }

    private (long Monotonic, DateTimeOffset Wall) Now() => (_time.GetTimestamp(), _time.GetUtcNow());

    private void OnAddressChanged(object? sender, EventArgs change) => NetworkChanged();

    private void OnAvailabilityChanged(object? sender, NetworkAvailabilityEventArgs change) => NetworkChanged();
}

using Realtime.Compare.Contenders;
using Realtime.Compare.Load;

namespace Realtime.Compare.Scenarios;

/// <summary>The readers of one contender. They read until they are stopped, and reconnect when they lose the connection.</summary>
internal sealed class Crowd : IAsyncDisposable
{
    /// <summary>From the loss of a connection to the next attempt, the same for all contenders.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _leaving = new();
    private readonly IContender _contender;
    private readonly IReadOnlyList<Seat> _seats;
    private readonly TimeProvider _time;
    private readonly Task _reading;
    private volatile Exception? _lastFailure;
    private int _lost, _failedConnects;

    /// <param name="inTurn">Each reader starts when the previous one is subscribed, or has tried for this long; null: all at once.</param>
    public Crowd(IContender contender, IReadOnlyList<Seat> seats, TimeProvider time, TimeSpan? inTurn = null)
    {
        (_contender, _seats, _time) = (contender, seats, time);
        _reading = Task.WhenAll(inTurn is { } limit ? [ReadInTurnAsync(limit)] : seats.Select(ReadAsync));
    }

    /// <summary>Connections that ended although the reader was not stopped.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <summary>Connections that ended before the reader was subscribed for the first time.</summary>
    public int FailedConnects => Volatile.Read(ref _failedConnects);

    /// <summary>Readers that are, or were, subscribed.</summary>
    public int Subscribed => _seats.Count(seat => seat.Open.IsCompleted);

    /// <summary>Waits until all readers are subscribed.</summary>
    /// <exception cref="TimeoutException">A reader is not subscribed; the message says why, if that is known.</exception>
    public async Task OpenAsync(TimeSpan limit, CancellationToken cancel)
    {
        try
        {
            await Task.WhenAll(_seats.Select(seat => seat.Open)).WaitAsync(limit, _time, cancel);
        }
        catch (TimeoutException)
        {
            var missing = _seats.Count - Subscribed;
            throw new TimeoutException(
                $"{_contender.Name}: {missing} of {_seats.Count} readers could not connect within {limit.TotalSeconds:0} s" +
                (_lastFailure is { } why ? $" ({why.GetType().Name}: {why.Message})." : "."));
        }
    }

    /// <summary>Stops all readers.</summary>
    public async ValueTask DisposeAsync()
    {
        await _leaving.CancelAsync();
        await _reading.WaitAsync(LeaveLimit, _time);
        _leaving.Dispose();
    }

    private async Task ReadInTurnAsync(TimeSpan limit)
    {
        var reading = new List<Task>();
        foreach (var seat in _seats)
        {
            reading.Add(ReadAsync(seat));
            await seat.Open.WaitAsync(limit, _time, _leaving.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await Task.WhenAll(reading);
    }

    private async Task ReadAsync(Seat seat)
    {
        while (!_leaving.IsCancellationRequested)
        {
            try
            {
                await _contender.ReadAsync(seat, _leaving.Token);
            }
            // Any failure: the measurement shows its cost, and the last one is reported if a reader cannot connect.
            catch (Exception failure)
            {
                if (_leaving.IsCancellationRequested) return;
                _lastFailure = failure;
            }
            Interlocked.Increment(ref (seat.Open.IsCompleted ? ref _lost : ref _failedConnects));
            try
            {
                await Task.Delay(RetryAfter, _time, _leaving.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}

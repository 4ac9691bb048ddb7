namespace Realtime.Compare;

/// <summary>Divides the time between the rounds: how long a scenario of weight 1 lasts, given the overhead of the last round.</summary>
/// <param name="perRound">The sum of all weights of all sessions of a round.</param>
/// <param name="overhead">The time of a round besides its measurements (connecting, settling, leaving), until one has been run.</param>
internal sealed class Pace(TimeSpan duration, int rounds, double perRound, TimeSpan overhead)
{
    public static readonly TimeSpan ShortestUnit = TimeSpan.FromMilliseconds(150);

    // How far the estimate may exceed the time before a round is left out.
    private const double Grace = 1.05;

    private TimeSpan _overhead = overhead;
    private TimeSpan _unit;

    /// <param name="elapsed">The time since the start of the measurement.</param>
    /// <returns>Null if there is no time for this round. The first round is always run.</returns>
    public TimeSpan? Next(int round, TimeSpan elapsed)
    {
        var left = duration - elapsed;
        var unit = (left / (rounds - round) - _overhead) / Math.Max(0.5, perRound);
        _unit = unit > ShortestUnit ? unit : ShortestUnit;
        // A machine slower than estimated gets fewer rounds, not a longer run.
        return round == 0 || _overhead + _unit * perRound <= left + duration * (Grace - 1) ? _unit : null;
    }

    /// <summary>Records how long a round took.</summary>
    public void Learn(TimeSpan taken)
    {
        var beside = taken - _unit * perRound;
        _overhead = beside > TimeSpan.Zero ? beside : TimeSpan.Zero;
    }
}

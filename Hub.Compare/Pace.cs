namespace Realtime.Compare;

/// <summary>Deals the time out to the rounds: how long scenarios of weight 1 last, given what the last round cost beside them.</summary>
/// <param name="perRound">The sum of all weights of all sessions of a round.</param>
/// <param name="overhead">What a round costs beside what it measures (connecting, settling, leaving), before one has been seen.</param>
internal sealed class Pace(TimeSpan duration, int rounds, double perRound, TimeSpan overhead)
{
    public static readonly TimeSpan ShortestUnit = TimeSpan.FromMilliseconds(150);

    // How far the estimate may be off before a round is left out.
    private const double Grace = 1.05;

    private TimeSpan _overhead = overhead;
    private TimeSpan _unit;

    /// <param name="elapsed">Since the beginning of everything.</param>
    /// <returns>Null: there is no time for this round. The first one is made in any case.</returns>
    public TimeSpan? Next(int round, TimeSpan elapsed)
    {
        var left = duration - elapsed;
        var unit = (left / (rounds - round) - _overhead) / Math.Max(0.5, perRound);
        _unit = unit > ShortestUnit ? unit : ShortestUnit;
        // A machine slower than estimated gets fewer rounds, not a longer wait.
        return round == 0 || _overhead + _unit * perRound <= left + duration * (Grace - 1) ? _unit : null;
    }

    /// <summary>A round took this long.</summary>
    public void Learn(TimeSpan taken)
    {
        var beside = taken - _unit * perRound;
        _overhead = beside > TimeSpan.Zero ? beside : TimeSpan.Zero;
    }
}

using Realtime.Compare.Scenarios;

namespace Realtime.Compare;

/// <summary>All measurements, round by round. Thread-safe while they are added.</summary>
internal sealed class Results
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Contender, string Scenario), List<Measured>> _rounds = [];   // guarded by _gate

    /// <summary>False if the run ended early; the results then have fewer rounds.</summary>
    public bool IsComplete { get; set; }

    public bool IsEmpty => _rounds.Count == 0;

    /// <summary>Contender and scenario, in the order in which they were first measured.</summary>
    public IEnumerable<(string Contender, string Scenario)> Keys => _rounds.Keys;

    public void Add(string contender, string scenario, Measured measured)
    {
        lock (_gate)
        {
            if (!_rounds.TryGetValue((contender, scenario), out var rounds)) _rounds[(contender, scenario)] = rounds = [];
            rounds.Add(measured);
        }
    }

    public IReadOnlyList<Measured> Of(string contender, string scenario) => _rounds.GetValueOrDefault((contender, scenario)) ?? [];
}

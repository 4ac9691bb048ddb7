namespace Realtime.Server.Log;

/// <summary>The result of an append that completed.</summary>
internal abstract record AppendOutcome
{
    private AppendOutcome() { }

    /// <summary>The notification is in the log.</summary>
    /// <param name="Id">The notification's id; the first publish's id if this was a repeat.</param>
    /// <param name="Duplicate">Whether an earlier publish with the same key had stored it.</param>
    /// <param name="Sequences">Its number in each topic, in the order of <see cref="Draft.Topics"/>.</param>
    public sealed record Stored(string Id, bool Duplicate, IReadOnlyList<long> Sequences) : AppendOutcome;

    /// <summary>The key was used within 24 hours for something else. Nothing was stored.</summary>
    public sealed record KeyReused : AppendOutcome;
}

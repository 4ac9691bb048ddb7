namespace Realtime.Compare.Load;

/// <summary>What a contender receives: as much of an item as the measurement needs.</summary>
internal sealed record Item(string? Cursor, ItemData? Data);

/// <summary>The measurement's own part of a notification's data; the order stands beside it.</summary>
/// <param name="Run">Which run it was published in: what is left of an earlier one does not count.</param>
/// <param name="N">The n-th notification of its run, counted from 0.</param>
internal sealed record ItemData(int Run, int N);

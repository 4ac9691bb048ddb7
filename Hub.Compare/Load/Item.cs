namespace Realtime.Compare.Load;

/// <summary>The part of an item that the measurement needs.</summary>
internal sealed record Item(string? Cursor, ItemData? Data);

/// <summary>The measurement's own part of a notification's data; the order is beside it.</summary>
/// <param name="Run">The run that published it: the rest of an earlier run does not count.</param>
/// <param name="N">The n-th notification of its run, counted from 0.</param>
internal sealed record ItemData(int Run, int N);

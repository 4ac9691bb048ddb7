namespace Realtime.Server.Node;

/// <summary>Upper bounds of the classes by which this node counts durations.</summary>
internal static class LatencyBounds
{
    private static readonly int[] UpToMs = [1, 2, 3, 5, 8, 13, 20, 30, 50, 80, 130, 200, 300, 500, 1_000, 2_000, 5_000];

    public static IReadOnlyList<int> Milliseconds => UpToMs;

    /// <summary>The class of a duration: the first whose bound it does not exceed, or the one after the last bound.</summary>
    public static int ClassOf(long milliseconds)
    {
        var index = 0;
        while (index < UpToMs.Length && milliseconds > UpToMs[index]) index++;
        return index;
    }
}

namespace Realtime.Client;

/// <summary>What the options of feeds and those of transports are both held to. The errors say what to change.</summary>
internal static class OptionChecks
{
    /// <exception cref="ArgumentException">There is none, one that does not exist, or one twice.</exception>
    public static void Transports(IReadOnlyList<Transport>? transports)
    {
        if (transports is null or { Count: 0 }) throw new ArgumentException($"{nameof(Transports)} is empty: name at least one transport.");
        foreach (var transport in transports)
        {
            if (!Enum.IsDefined(transport)) throw new ArgumentException($"{nameof(Transports)} names {transport}, which is none.");
        }
        if (transports.Distinct().Count() != transports.Count)
            throw new ArgumentException($"{nameof(Transports)} names a transport twice: name each once, in the order to try them.");
    }

    /// <exception cref="ArgumentOutOfRangeException">It is below the least or above the most.</exception>
    public static void Range<T>(T value, T least, T most, string name) where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be from {least} to {most}.");
    }
}

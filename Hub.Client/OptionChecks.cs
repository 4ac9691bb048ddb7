namespace Realtime.Client;

/// <summary>Checks of options. The errors say what to change.</summary>
internal static class OptionChecks
{
    /// <exception cref="ArgumentException">The list is empty, or contains an undefined or duplicate transport.</exception>
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

    /// <exception cref="ArgumentException">The headers are null, or one cannot be sent.</exception>
    public static void Headers(IReadOnlyDictionary<string, string>? headers)
    {
        if (headers is null) throw new ArgumentException($"{nameof(Headers)} must not be null; leave it out for none.");
        using var probe = new HttpRequestMessage();
        foreach (var (name, value) in headers)
        {
            // The error does not repeat the value, which may be a secret.
            if (value is null || value.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0 || !probe.Headers.TryAddWithoutValidation(name, value))
                throw new ArgumentException($"{nameof(Headers)} has a header '{name}' that cannot be sent as a request header.");
        }
    }

    /// <exception cref="ArgumentOutOfRangeException">The value is below the least or above the most.</exception>
    public static void Range<T>(T value, T least, T most, string name) where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be from {least} to {most}.");
    }
}

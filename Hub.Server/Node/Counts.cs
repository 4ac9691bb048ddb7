using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Realtime.Server.Node;

/// <summary>A counter for each value of an enum, whose values are 0, 1, 2 and so on. Any thread may count and read.</summary>
internal sealed class Counts<TKey>
    where TKey : struct, Enum
{
    private readonly long[] _counts = new long[Label<TKey>.Keys.Count];

    public long this[TKey key] => Interlocked.Read(ref _counts[Label<TKey>.IndexOf(key)]);

    public long Total
    {
        get
        {
            var total = 0L;
            foreach (var key in Label<TKey>.Keys) total += this[key];
            return total;
        }
    }

    public void Add(TKey key, long number = 1) => Interlocked.Add(ref _counts[Label<TKey>.IndexOf(key)], number);
}

/// <summary>
/// How metrics write the values of an enum: <c>web_sockets</c>. The texts are made once, so that recording allocates nothing.
/// </summary>
internal static class Label<TKey>
    where TKey : struct, Enum
{
    private static readonly string[] Texts =
        Array.ConvertAll(Enum.GetNames<TKey>(), JsonNamingPolicy.SnakeCaseLower.ConvertName);

    public static IReadOnlyList<TKey> Keys { get; } = Enum.GetValues<TKey>();

    public static int IndexOf(TKey key) => Unsafe.BitCast<TKey, int>(key);

    public static string Of(TKey key) => Texts[IndexOf(key)];
}

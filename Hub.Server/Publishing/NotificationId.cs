using System.Security.Cryptography;

namespace Realtime.Server.Publishing;

/// <summary>Ids that are unique over all nodes: 16 letters and digits.</summary>
/// <remarks>
/// Ten random digits of base 62 (59 bits) that this process drew, and six that count. Drawing each id would cost one more system call per
/// publish, and an id need not be secret. All have one length, so that none is the beginning of another. Nodes of the first version read no
/// other characters but these, <c>.</c>, <c>:</c>, <c>+</c> and <c>-</c> in the record of an idempotency key.
/// </remarks>
internal static class NotificationId
{
    public const int Length = DrawnDigits + Series.CountDigits;
    private const int DrawnDigits = 10;
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static Series _series = new(first: 0);

    public static string Next()
    {
        while (true)
        {
            var series = Volatile.Read(ref _series);
            if (series.TryNext() is { } id) return id;
            // Counted to its end: another thread may have drawn the next series already.
            Interlocked.CompareExchange(ref _series, new(first: 0), series);
        }
    }

    /// <summary>The ids with the same random digits.</summary>
    internal sealed class Series(long first)
    {
        public const int CountDigits = 6;

        /// <summary>62^6, which is three weeks of 30,000 a second.</summary>
        public const long Size = 56_800_235_584;

        private readonly string _drawn = RandomNumberGenerator.GetString(Digits, DrawnDigits);
        private long _count = first - 1;

        /// <returns>Null at the end of the series.</returns>
        public string? TryNext()
        {
            var count = Interlocked.Increment(ref _count);
            return count >= Size ? null : string.Create(Length, (_drawn, count), static (id, next) =>
            {
                next._drawn.CopyTo(id);
                var rest = next.count;
                for (var i = Length - 1; i >= DrawnDigits; i--) (rest, id[i]) = (rest / Digits.Length, Digits[(int)(rest % Digits.Length)]);
            });
        }
    }
}

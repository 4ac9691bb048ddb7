using System.Security.Cryptography;

namespace Realtime.Server.Publishing;

/// <summary>Ids that no other notification has, of any node: 32 hexadecimal digits.</summary>
/// <remarks>
/// 80 random bits that this process drew at its start, and a 48-bit count. Drawing each id would be one more system
/// call for every publish, and nothing is secret about an id.
/// </remarks>
internal static class NotificationId
{
    private const int RandomBytes = 10;
    private const long CountMask = (1L << 48) - 1;

    private static readonly string Process = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));
    private static long _count = -1;

    public static string Next() =>
        string.Create(null, stackalloc char[32], $"{Process}{Interlocked.Increment(ref _count) & CountMask:x12}");
}

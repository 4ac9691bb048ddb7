using System.Security.Cryptography;

namespace Realtime.Server.Publishing;

/// <summary>Ids that are unique over all nodes: 32 hexadecimal digits.</summary>
/// <remarks>
/// 80 random bits that this process drew at its start, and a 48-bit counter. Drawing each id would cost one more system call per publish,
/// and an id need not be secret.
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

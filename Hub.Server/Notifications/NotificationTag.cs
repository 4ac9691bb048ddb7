namespace Realtime.Server.Notifications;

/// <summary>A few bits of a notification's id. They do not identify it; they show that two notifications at one position differ.</summary>
internal static class NotificationTag
{
    public const int Bits = 18;

    /// <summary>1 … 2^18 − 1, from the id at the beginning of a body; 0 if there is none.</summary>
    public static int Of(ReadOnlySpan<byte> body)
    {
        var start = "\"id\":\""u8;
        if (!body.StartsWith(start)) return 0;
        var id = body[start.Length..];
        var end = id.IndexOf((byte)'"');
        if (end < 0) return 0;
        return Math.Max(1, (int)(BitMixer.Hash(seed: 0, id[..end]) >> (64 - Bits)));
    }
}

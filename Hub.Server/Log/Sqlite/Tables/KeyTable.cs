using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace Realtime.Server.Log.Sqlite.Tables;

/// <summary>The request of the first publish of a key, and its result.</summary>
/// <param name="Id"><c>keys.id</c>.</param>
/// <param name="Sequences">
/// Pairs of <c>topics.id</c> and sequence, see <see cref="Int64Blob"/>; fewer than topics if the first publish has not stored all of them.
/// </param>
internal sealed record KeyRecord(long Id, byte[] Fingerprint, string Notification, byte[] Sequences)
{
    public const int NumbersPerTopic = 2;

    /// <summary>The sequence given to a topic, or 0.</summary>
    /// <param name="expectedAt">The pair to look at first.</param>
    public long SequenceIn(long topic, int expectedAt)
    {
        var count = Sequences.Length / (NumbersPerTopic * Int64Blob.Size);
        for (var i = 0; i < count; i++)
        {
            var at = (expectedAt + i) % count * NumbersPerTopic;
            if (Int64Blob.At(Sequences, at) == topic) return Int64Blob.At(Sequences, at + 1);
        }
        return 0;
    }
}

/// <summary>Idempotency keys, for as long as they are remembered.</summary>
internal sealed class KeyTable(Database database)
{
    // A user id has at most 128 UTF-16 code units (3 bytes each), a key 128 ASCII characters.
    private const int LongestNameOnStack = 640;

    private static readonly long LifetimeMilliseconds = (long)IdempotencyKey.Lifetime.TotalMilliseconds;

    private readonly Statement _find = database.Prepare(
        "SELECT name, fingerprint, notification, sequences, id FROM keys WHERE hash = ?1 AND stored_at > ?2");
    private readonly Statement _add = database.Prepare(
        "INSERT INTO keys (hash, name, stored_at, fingerprint, notification, sequences) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    private readonly Statement _update = database.Prepare("UPDATE keys SET sequences = ?2 WHERE id = ?1");

    /// <summary>Keys stored at or before this time are forgotten, even if their rows are still there.</summary>
    public static long ForgottenAt(long now) => now - LifetimeMilliseconds;

    public KeyRecord? Find(IdempotencyKey key, long now)
    {
        var name = NameOf(key, stackalloc byte[LongestNameOnStack]);
        _find.Bind(1, HashOf(name));
        _find.Bind(2, ForgottenAt(now));
        using var rows = _find.Query();
        while (rows.Next())
        {
            if (rows.Blob(0).SequenceEqual(name))
                return new KeyRecord(rows.Int64(4), rows.Blob(1).ToArray(), rows.Text(2), rows.Blob(3).ToArray());
        }
        return null;
    }

    public void Add(IdempotencyKey key, long now, string notification, ReadOnlySpan<byte> sequences)
    {
        var name = NameOf(key, stackalloc byte[LongestNameOnStack]);
        _add.Bind(1, HashOf(name));
        _add.Bind(2, name);
        _add.Bind(3, now);
        _add.Bind(4, key.Fingerprint.Span);
        _add.Bind(5, notification);
        _add.Bind(6, sequences);
        _add.Run();
    }

    /// <summary>Records the topics that were stored since.</summary>
    public void Update(KeyRecord key, ReadOnlySpan<byte> sequences)
    {
        _update.Bind(1, key.Id);
        _update.Bind(2, sequences);
        _update.Run();
    }

    /// <summary>Publisher, a zero byte (which neither part can contain), key.</summary>
    private static ReadOnlySpan<byte> NameOf(IdempotencyKey key, Span<byte> buffer)
    {
        if (!Utf8.TryWrite(buffer, $"{key.Publisher}\0{key.Text}", out var length))
            return Encoding.UTF8.GetBytes($"{key.Publisher}\0{key.Text}");
        return buffer[..length];
    }

    private static long HashOf(ReadOnlySpan<byte> name)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(name, hash);
        return Int64Blob.At(hash, 0);
    }
}

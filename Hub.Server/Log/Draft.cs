using Realtime.Server.Notifications;

namespace Realtime.Server.Log;

/// <summary>A notification that is valid but not yet stored.</summary>
/// <param name="Id">Its id, new for every draft. A repeat of a key is answered with the id of the first.</param>
/// <param name="Topics">Its targets: users, groups, all; each in the order given, no duplicates, at least one.</param>
/// <param name="Body">See <see cref="Notification.Body"/>.</param>
/// <param name="Key">Makes repeats harmless; null if every publish is a new notification.</param>
internal sealed record Draft(string Id, IReadOnlyList<Topic> Topics, ReadOnlyMemory<byte> Body, IdempotencyKey? Key);

/// <summary>A publisher's promise that two publishes are the same one.</summary>
/// <param name="Publisher">Keys of different publishers never collide.</param>
/// <param name="Text">1 to 128 visible ASCII characters.</param>
/// <param name="Fingerprint">SHA-256 of the request: targets as a set, type, order id, time as sent, bytes of data.</param>
internal sealed record IdempotencyKey(string Publisher, string Text, ReadOnlyMemory<byte> Fingerprint)
{
    /// <summary>How long a key is remembered.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);
}

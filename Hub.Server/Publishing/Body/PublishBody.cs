using Realtime.Server.Notifications;

namespace Realtime.Server.Publishing.Body;

/// <summary>A valid body of a publish, as slices of the bytes that were sent.</summary>
internal ref struct PublishBody
{
    /// <summary>Users, groups, all; each in the order given, no duplicates.</summary>
    public Topic[] Topics;

    /// <summary>Plain ASCII.</summary>
    public ReadOnlySpan<byte> Type;

    /// <summary>The literal between its quotes: already JSON.</summary>
    public ReadOnlySpan<byte> OrderIdLiteral;

    /// <summary>The text itself.</summary>
    public ReadOnlySpan<byte> OrderId;

    /// <summary>As sent; empty: absent.</summary>
    public ReadOnlySpan<byte> Time;

    /// <summary>JSON as sent; empty: absent.</summary>
    public ReadOnlySpan<byte> Data;

    /// <summary>Only in a line of a batch.</summary>
    public string? IdempotencyKey;
}

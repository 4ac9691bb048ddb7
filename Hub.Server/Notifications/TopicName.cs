namespace Realtime.Server.Notifications;

/// <summary>What a cursor spells of a topic: the first bits of its key.</summary>
internal readonly record struct TopicName(UInt128 Bits, int Length)
{
    public bool IsOf(TopicKey key) => key.First(Length) == Bits;
}

/// <summary>One topic in a cursor.</summary>
internal readonly record struct NamedPosition(TopicName Name, Position Position);

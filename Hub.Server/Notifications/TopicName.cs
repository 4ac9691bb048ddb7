namespace Realtime.Server.Notifications;

/// <summary>The first bits of a topic's key, as a cursor contains them.</summary>
internal readonly record struct TopicName(UInt128 Bits, int Length)
{
    public bool IsOf(TopicKey key) => key.First(Length) == Bits;
}

/// <summary>One topic in a cursor.</summary>
internal readonly record struct NamedPosition(TopicName Name, Position Position);

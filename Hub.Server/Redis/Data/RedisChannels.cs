using System.Globalization;
using System.Text;
using Realtime.Server.Notifications;
using StackExchange.Redis;

namespace Realtime.Server.Redis.Data;

/// <summary>
/// The channels of <see cref="RedisKeys"/>. All databases of a Redis share its channels, so the names for a database other than 0 end with
/// <c>@</c> and its number.
/// </summary>
internal sealed class RedisChannels
{
    private const string AnnouncementPrefix = "hub:news:{";

    private readonly string _suffix;
    private readonly string _newsEnd;
    private readonly byte[] _newsEndUtf8;

    public RedisChannels(int database)
    {
        _suffix = database == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"@{database}");
        _newsEnd = "}" + _suffix;
        _newsEndUtf8 = Encoding.ASCII.GetBytes(_newsEnd);
        OperatorsPrefix = Literal($"hub:operators{_suffix}:");
        SessionEnds = Literal("hub:ended" + _suffix);
        UserRevoked = Literal("hub:revoked" + _suffix);
        Refresh = Literal("hub:refresh" + _suffix);
    }

    /// <summary>The prefix of each channel of SignalR's backplane.</summary>
    public RedisChannel OperatorsPrefix { get; }

    public RedisChannel SessionEnds { get; }

    public RedisChannel UserRevoked { get; }

    /// <summary>Requests to all nodes to refresh a connection.</summary>
    public RedisChannel Refresh { get; }

    public RedisChannel Announcements(Topic topic) => Literal(AnnouncementsName(topic));

    /// <summary>The channel's name, for scripts.</summary>
    public string AnnouncementsName(Topic topic) => AnnouncementPrefix + topic.Text + _newsEnd;

    /// <summary>Reads the topic (UTF-8) from the name of its announcement channel; false for any other channel.</summary>
    public bool TryReadAnnouncements(ReadOnlySpan<byte> channel, out ReadOnlySpan<byte> topic)
    {
        topic = default;
        if (!channel.StartsWith("hub:news:{"u8) || !channel[AnnouncementPrefix.Length..].EndsWith(_newsEndUtf8)) return false;
        topic = channel[AnnouncementPrefix.Length..^_newsEndUtf8.Length];
        return true;
    }

    /// <summary>The answers to a node's requests.</summary>
    public RedisChannel Refreshed(string node) => Literal($"hub:refreshed:{node}{_suffix}");

    public RedisChannel Beacon(string node) => Literal($"hub:beacon:{node}{_suffix}");

    private static RedisChannel Literal(string name) => new(name, RedisChannel.PatternMode.Literal);
}

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
    private readonly string _prefix;
    private readonly string _suffix;
    private readonly string _newsStart;
    private readonly string _newsEnd;
    private readonly byte[] _newsStartUtf8;
    private readonly byte[] _newsEndUtf8;

    /// <param name="prefix">ASCII, see <see cref="RedisKeys"/>.</param>
    public RedisChannels(string prefix, int database)
    {
        _prefix = prefix;
        _suffix = database == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"@{database}");
        (_newsStart, _newsEnd) = (prefix + ":news:{", "}" + _suffix);
        (_newsStartUtf8, _newsEndUtf8) = (Encoding.UTF8.GetBytes(_newsStart), Encoding.UTF8.GetBytes(_newsEnd));
        OperatorsPrefix = Literal($"{prefix}:operators{_suffix}:");
        SessionEnds = Literal($"{prefix}:ended{_suffix}");
        UserRevoked = Literal($"{prefix}:revoked{_suffix}");
        Refresh = Literal($"{prefix}:refresh{_suffix}");
    }

    /// <summary>The prefix of each channel of SignalR's backplane.</summary>
    public RedisChannel OperatorsPrefix { get; }

    public RedisChannel SessionEnds { get; }

    public RedisChannel UserRevoked { get; }

    /// <summary>Requests to all nodes to refresh a connection.</summary>
    public RedisChannel Refresh { get; }

    public RedisChannel Announcements(Topic topic) => Literal(AnnouncementsName(topic));

    /// <summary>The channel's name, for scripts.</summary>
    public string AnnouncementsName(Topic topic) => _newsStart + topic.Text + _newsEnd;

    /// <summary>Reads the topic (UTF-8) from the name of its announcement channel; false for any other channel.</summary>
    public bool TryReadAnnouncements(ReadOnlySpan<byte> channel, out ReadOnlySpan<byte> topic)
    {
        topic = default;
        if (!channel.StartsWith(_newsStartUtf8) || !channel[_newsStartUtf8.Length..].EndsWith(_newsEndUtf8)) return false;
        topic = channel[_newsStartUtf8.Length..^_newsEndUtf8.Length];
        return true;
    }

    /// <summary>The answers to a node's requests.</summary>
    public RedisChannel Refreshed(string node) => Literal($"{_prefix}:refreshed:{node}{_suffix}");

    public RedisChannel Beacon(string node) => Literal($"{_prefix}:beacon:{node}{_suffix}");

    private static RedisChannel Literal(string name) => new(name, RedisChannel.PatternMode.Literal);
}

using Realtime.Server.Notifications;
using StackExchange.Redis;

namespace Realtime.Server.Redis.Data;

/// <summary>
/// Every key and channel that this server uses in Redis. Only this class and <see cref="RedisChannels"/> may contain their names. The
/// table shows the default prefix, <c>hub</c>: with another one (<c>Hub:Redis:Prefix</c>) all names begin with that.
/// </summary>
/// <remarks>
/// <code>
/// key / channel                     type     holds                                                        lives
/// hub:log:{user:42}                 stream   notifications, oldest first; id = stamp-sequence             Hub:Retention
/// hub:head:{user:42}                string   position of the newest: stamp-sequence                       always: numbers never restart
/// hub:once:{user:42}:&lt;id&gt;            string   the sequence that notification got, if it had a key;           25 hours
///                                            ?stamp-sequence: begun after that position while the slot moved
/// hub:erased:{user:42}              string   stamp-sequence up to which an operator has erased it               Hub:Retention:Age
/// hub:acknowledged:{user:42}        hash     topic → stamp-sequence, how far the user has seen everything always
/// hub:claim:&lt;publisher&gt;\0&lt;key&gt;      string   what the first publish of an idempotency key asked for         24 hours
/// hub:{nodes}                       hash     node id → when it was last there, where the others reach it  always; a node 10 minutes
/// hub:{nodes}:key                   string   what only the nodes share: signs what they forward           always
/// hub:{nodes}:speaks                hash     node id → version; the first version writes none             as long as the node is listed
/// hub:{nodes}:versions              hash     version → when a node that speaks it was last listed          10 minutes after that
/// hub:secret:signing                string   Development: the key that signs tokens                       always
/// hub:secret:session                string   what nodes of the first version alone encrypt cookies with    no expiry
/// hub:secret:news                   string   what announcements carry that are believed                    no expiry
/// hub:keys:session                  list     keys of session cookies, as the library's XML, oldest first  no expiry
/// hub:keys:session:lock             string   which node is adding a key there                             10 seconds
/// hub:ended:&lt;session&gt;               string   nothing: that browser session was ended                      until its cookie expires
/// hub:{ended}                       stream   the same sessions, oldest first: session = Unix seconds of expiry    the last 100,000
/// hub:{ended}:since                 string   from which Unix millisecond on that is complete                no expiry
/// hub:{revoked}                     hash     user → which of its tokens are refused, until when and why     30 days, or while blocked
/// hub:{revoked}:version             string   how often that has changed                                   always
/// hub:news:{user:42}                channel  what was just stored                                         –
/// hub:beacon:&lt;node&gt;                 channel  a node's word to itself: my subscription still carries       –
/// hub:ended                         channel  a browser session that was just ended, when its cookie expires –
/// hub:revoked                       channel  nothing: a user was revoked or admitted again                –
/// hub:operators:&lt;hub&gt;:…             channel  SignalR's own, after the full name of the operators' hub        –
///   …:all                                    what every operator is sent: statistics, announcements
///   …:connection:&lt;id&gt;                        what one operator's connection is sent
///   …:internal:groups                        groups, which are not used
///   …:internal:ack:&lt;server&gt;                  answers to those; one for each node
///   …:internal:return:&lt;server&gt;               results of clients, which are not asked for; one for each node
/// </code>
/// Channels do not belong to a database. For a database other than 0, their names include its number: see <see cref="RedisChannels"/>.
/// The braces make Redis Cluster keep all keys of a topic in one slot, so that one script can use them together. A topic may contain braces
/// itself: only the first pair counts, and it is the same in all of the topic's keys.
/// </remarks>
internal sealed class RedisKeys(string prefix)
{
    private readonly string _keyRecords = prefix + ":claim:";

    public string AnnouncementSecret { get; } = prefix + ":secret:news";

    public string SigningKey { get; } = prefix + ":secret:signing";

    public string SessionKeys { get; } = prefix + ":keys:session";

    public string SessionKeysLock { get; } = prefix + ":keys:session:lock";

    public string Nodes { get; } = prefix + ":{nodes}";

    public string NodesKey { get; } = prefix + ":{nodes}:key";

    public string NodesVersions { get; } = prefix + ":{nodes}:versions";

    public string NodesSpeak { get; } = prefix + ":{nodes}:speaks";

    public string EndedSessions { get; } = prefix + ":{ended}";

    public string EndedSessionsSince { get; } = prefix + ":{ended}:since";

    public string Revoked { get; } = prefix + ":{revoked}";

    public string RevokedVersion { get; } = prefix + ":{revoked}:version";

    public RedisKey Log(Topic topic) => prefix + ":log:{" + topic.Text + "}";

    public RedisKey Head(Topic topic) => prefix + ":head:{" + topic.Text + "}";

    public RedisKey Once(Topic topic, string notification) => prefix + ":once:{" + topic.Text + "}:" + notification;

    public RedisKey Erased(Topic topic) => prefix + ":erased:{" + topic.Text + "}";

    public RedisKey Acknowledged(string user) => prefix + ":acknowledged:{" + Topic.User(user).Text + "}";

    /// <summary>Neither part can contain the zero between them, so no two pairs share a key.</summary>
    public RedisKey KeyRecord(string publisher, string key) => _keyRecords + publisher + "\0" + key;

    public bool IsKeyRecord(RedisKey key) => ((string)key!).StartsWith(_keyRecords, StringComparison.Ordinal);

    public RedisKey EndedSession(string session) => prefix + ":ended:" + session;
}

using Realtime.Server.Security.Sessions;
using Realtime.Tests.Support;
using StackExchange.Redis;

namespace Realtime.Tests.Redis;

/// <summary>Nodes know which sessions were ended from a list that they follow. The clock of the nodes stands still.</summary>
[CancelAfter(60_000)]
internal sealed class EndedSessionListTests : RedisNodeFixture
{
    private readonly List<string> _ended = [];
    private ManualTime _time = null!;
    private EndedSessionList _list = null!;

    [SetUp]
    public async Task ForgetAsync()
    {
        await Redis.AskAsync("FLUSHALL");
        _ended.Clear();
        _time = new(TimeProvider.System.GetUtcNow().AddSeconds(-1));
        _list = new(Node.Connection);
        Node.Connection.EndedSessionsAreListed = true;
    }

    [Test]
    public async Task It_covers_every_session_where_it_began_with_the_keys()
    {
        var session = SessionId.New(_time);
        Assert.That(_list.Covers(session), Is.False, "it was not read yet");
        await EndedSessionList.BeginAsync(Node.Connection);
        await ReadAsync();
        Assert.That(_list.Covers(session));
        Assert.That(_list.Covers(Guid.NewGuid().ToString("N")), Is.False, "an earlier version began it");
    }

    [Test]
    public async Task After_an_upgrade_it_covers_what_begins_from_then_on()
    {
        var before = SessionId.New(_time);
        await ReadAsync();
        await ReadAsync();
        _time.Advance(TimeSpan.FromHours(1));
        Assert.That(_list.Covers(before), Is.False);
        Assert.That(_list.Covers(SessionId.New(_time)));
    }

    [Test]
    public async Task It_covers_nothing_while_a_node_runs_that_does_not_know_it_and_begins_anew_after_that()
    {
        await EndedSessionList.BeginAsync(Node.Connection);
        var session = SessionId.New(_time);
        Node.Connection.EndedSessionsAreListed = null;
        await ReadAsync();
        Assert.That(
            await Redis.AskAsync(database => database.KeyExistsAsync(DefaultNames.Keys.EndedSessionsSince)), "nothing is known of others");
        Node.Connection.EndedSessionsAreListed = false;
        await ReadAsync();
        Assert.That(_list.Covers(session), Is.False);
        Node.Connection.EndedSessionsAreListed = true;
        await ReadAsync();
        await ReadAsync();
        Assert.That(_list.Covers(session), Is.False, "it may have been ended meanwhile");
    }

    [Test]
    public async Task It_is_read_once_from_its_beginning_and_then_goes_on()
    {
        var sessions = Enumerable.Range(0, 2_500).Select(_ => SessionId.New(_time)).ToList();
        await Task.WhenAll(sessions.Take(2_400).Select(one => _list.AddAsync(one, _time.GetUtcNow().AddHours(1))));
        await ReadAsync();
        Assert.That(_ended, Is.EquivalentTo(sessions.Take(2_400)));
        _ended.Clear();
        foreach (var one in sessions.Skip(2_400)) await new EndedSessionList(Node.Connection).AddAsync(one, _time.GetUtcNow().AddHours(1));
        await ReadAsync();
        Assert.That(_ended, Is.EqualTo(sessions.Skip(2_400)));
    }

    [Test]
    public async Task What_is_older_than_a_full_list_is_asked_for()
    {
        await EndedSessionList.BeginAsync(Node.Connection);
        var before = SessionId.New(_time);
        await Redis.AskAsync(database => database.ScriptEvaluateAsync(
            $"for i = 1, {EndedSessionList.MaxCount} do redis.call('XADD', KEYS[1], '*', 'other', '1') end",
            [DefaultNames.Keys.EndedSessions]));
        await _list.AddAsync(SessionId.New(_time), _time.GetUtcNow().AddHours(1));
        await ReadAsync();
        Assert.That(await Redis.AskAsync(database => database.StreamLengthAsync(DefaultNames.Keys.EndedSessions)),
            Is.EqualTo(EndedSessionList.MaxCount));
        Assert.That(_ended, Has.Count.EqualTo(1), "others' entries are passed over");
        _time.Advance(TimeSpan.FromHours(1));
        Assert.That(_list.Covers(before), Is.False);
        Assert.That(_list.Covers(SessionId.New(_time)));
    }

    [Test]
    public async Task What_a_promoted_replica_adds_with_an_earlier_id_is_read_too()
    {
        await Redis.AskAsync(database => database.StreamAddAsync(DefaultNames.Keys.EndedSessions, "lost", 1, "9000000000000-0"));
        await ReadAsync();
        await Redis.AskAsync("FLUSHALL");
        await ReadAsync();
        var session = SessionId.New(_time);
        await _list.AddAsync(session, _time.GetUtcNow().AddHours(1));
        await ReadAsync();
        Assert.That(_ended, Is.EqualTo([session]));
    }

    private Task ReadAsync() => _list.ReadAsync((session, _) => _ended.Add(session));
}

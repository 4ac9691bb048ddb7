using Realtime.Server.Notifications;
using Realtime.Server.Security;
using Realtime.Server.Security.Sessions;
using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>Connections opened with a session end with it.</summary>
internal sealed class SessionConnectionsTests
{
    private readonly ManualTime _time = new();
    private RevokedSessions _ended = null!;
    private SessionConnections _open = null!;
    private List<string> _closed = null!;

    [SetUp]
    public void Begin()
    {
        _ended = new(_time);
        _open = new(_ended);
        _closed = [];
    }

    [Test]
    public void Closing_a_session_closes_all_of_it_and_nothing_else()
    {
        using var first = Add("a", "first");
        using var second = Add("a", "second");
        using var other = Add("b", "other");
        _open.Close("a");
        Assert.That(_closed, Is.EquivalentTo(["first", "second"]));
    }

    [Test]
    public void What_was_closed_before_is_left_alone_and_not_remembered()
    {
        Add("a", "first")!.Dispose();
        _open.Close("a");
        Assert.That(_closed, Is.Empty);
        Assert.That(_open.Current, Is.Empty);
    }

    [Test]
    public void What_is_opened_by_a_session_that_has_just_been_ended_is_closed_at_once()
    {
        _ended.Add("a", _time.GetUtcNow().AddHours(1));
        using var late = Add("a", "late");
        Assert.That(_closed, Is.EqualTo(["late"]));
    }

    [Test]
    public void A_caller_with_a_token_has_no_session_to_end() => Assert.That(Add(null, "a token's"), Is.Null);

    private IDisposable? Add(string? session, string name) => _open.Add(
        new Caller("alice", [Topic.User("alice")], _time.GetUtcNow().AddHours(1), IsPublisher: false, IsAdmin: false, session),
        () => _closed.Add(name), refresh: _ => Task.FromResult(true));
}

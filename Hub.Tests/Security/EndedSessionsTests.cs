using Realtime.Server.Security.Sessions;
using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>What a node remembers of sessions that were ended.</summary>
internal sealed class EndedSessionsTests
{
    private readonly ManualTime _time = new();
    private RevokedSessions _ended = null!;

    [SetUp]
    public void Begin() => _ended = new(_time);

    [Test]
    public void One_is_remembered_until_its_cookie_is_over_and_forgotten_with_the_next()
    {
        _ended.Add("a", _time.GetUtcNow().AddMinutes(1));
        _ended.Add("b", _time.GetUtcNow().AddHours(1));
        Assert.That(Contains("a"));
        _time.Advance(TimeSpan.FromMinutes(1));
        _ended.Add("c", _time.GetUtcNow().AddHours(1));
        Assert.That((Contains("a"), Contains("b"), Contains("c")), Is.EqualTo((false, true, true)));
    }

    [Test]
    public void Of_several_cookies_of_a_session_the_last_one_counts()
    {
        _ended.Add("a", _time.GetUtcNow().AddMinutes(1));
        _ended.Add("a", _time.GetUtcNow().AddMinutes(3));
        _ended.Add("a", _time.GetUtcNow().AddMinutes(2));
        _time.Advance(TimeSpan.FromMinutes(2));
        _ended.Add("b", _time.GetUtcNow().AddHours(1));
        Assert.That(Contains("a"));
        _time.Advance(TimeSpan.FromMinutes(1));
        _ended.Add("c", _time.GetUtcNow().AddHours(1));
        Assert.That(Contains("a"), Is.False);
    }

    [Test]
    public void Of_too_many_those_that_expire_soonest_are_refused_by_their_expiry()
    {
        var start = _time.GetUtcNow().AddHours(1);
        for (var n = RevokedSessions.MaxCount; n >= 0; n--) _ended.Add($"{n}", start.AddSeconds(n));
        Assert.That(Enumerable.Range(0, RevokedSessions.MaxCount + 1)
            .Where(n => !_ended.Contains($"{n}", start.AddSeconds(n))), Is.Empty, "no copy of a cookie counts again");
        Assert.That(_ended.Contains("another", start.AddSeconds(1)), "one that expires as soon signs in again");
        Assert.That(_ended.Contains("another", start.AddSeconds(2)), Is.False);
    }

    private bool Contains(string session) => _ended.Contains(session, DateTimeOffset.MaxValue);
}

using Realtime.Server.Security;
using Realtime.Server.Security.Revocations;
using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>Which tokens of a user who was put out are refused, and what a node keeps.</summary>
internal sealed class RevocationTests
{
    private readonly ManualTime _time = new();
    private RevokedUsers _revoked = null!;

    [SetUp]
    public void Begin() => _revoked = new(_time);

    [TestCase(-1, true)]
    [TestCase(0, true, TestName = "Of the same second")]
    [TestCase(1, false)]
    [TestCase(null, true, TestName = "Without iat")]
    public void A_token_that_is_not_newer_is_refused(int? seconds, bool isRefused)
    {
        var now = _time.GetUtcNow();
        _revoked.Put("alice", new(now.ToUnixTimeSeconds()), []);
        Assert.That(_revoked.Refuse(Caller("alice", seconds is { } s ? now.AddSeconds(s) : null)), Is.EqualTo(isRefused));
        Assert.That(_revoked.Refuse(Caller("Alice", null)), Is.False, "names are compared exactly");
    }

    [Test]
    public void A_blocked_user_is_refused_until_the_block_ends()
    {
        var now = _time.GetUtcNow();
        _revoked.Put("alice", new(now.ToUnixTimeSeconds(), now.AddMinutes(10)), []);
        var newer = Caller("alice", now.AddMinutes(1));
        Assert.That(_revoked.Refuse(newer));
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.That(_revoked.Refuse(newer), Is.False);
        Assert.That(_revoked.Refuse(Caller("alice", now)));
    }

    [Test]
    public void An_entry_without_a_block_is_forgotten_after_30_days()
    {
        var then = _time.GetUtcNow().ToUnixTimeSeconds();
        _revoked.Put("short", new(then), []);
        _revoked.Put("long", new(then, _time.GetUtcNow().AddDays(31)), []);
        _time.Advance(TimeSpan.FromDays(30));
        Assert.That(_revoked.ToForgetFor("new"), Is.Empty);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(_revoked.ToForgetFor("new"), Is.EqualTo(["short"]));
    }

    [Test]
    public void Beyond_the_limit_the_oldest_that_do_not_block_go_first()
    {
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        var all = Enumerable.Range(0, RevokedUsers.MaxCount)
            .ToDictionary(n => $"user {n}", n => new Revocation(now - RevokedUsers.MaxCount + n, n == 0 ? DateTimeOffset.MaxValue : null));
        _revoked.Replace(all);
        Assert.That(_revoked.ToForgetFor("new"), Is.EqualTo(["user 1"]));
        Assert.That(_revoked.ToForgetFor("user 7"), Is.Empty);
    }

    [Test]
    public void An_entry_is_read_as_it_was_written()
    {
        var revocation = new Revocation(1_796_108_400, new DateTimeOffset(2026, 12, 24, 18, 0, 0, TimeSpan.FromHours(1)), "left \"us\" 😀");
        Assert.That(Revocation.TryParse(revocation.Format(), out var read));
        Assert.That(read, Is.EqualTo(revocation));
    }

    [TestCase("""{"refusedBefore":5,"later":true}""", true)]
    [TestCase("{}", false)]
    [TestCase("[]", false)]
    [TestCase("", false)]
    [TestCase("null", false)]
    [TestCase("{\"refusedBefore\":\"5\"}", false)]
    public void Entries_of_later_versions_are_read_and_those_of_other_programs_are_not(string text, bool isRead) =>
        Assert.That(Revocation.TryParse(text, out _), Is.EqualTo(isRead));

    private static Caller Caller(string user, DateTimeOffset? issuedAt) =>
        new(user, [], DateTimeOffset.MaxValue, IsPublisher: false, IsAdmin: false) { IssuedAt = issuedAt };
}

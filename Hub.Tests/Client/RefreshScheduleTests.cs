using Realtime.Client;
using Realtime.Client.Feed;
using Realtime.Client.Feed.Refreshes;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

internal sealed class RefreshScheduleTests
{
    [TestCase(3600, 3480, Description = "two minutes before the end")]
    [TestCase(240, 120)]
    [TestCase(239, 119.5, Description = "half of a short life")]
    [TestCase(8, 4)]
    [TestCase(3, 2, Description = "not at once")]
    [TestCase(2, null)]
    [TestCase(0, null)]
    [TestCase(-5, null, Description = "over, by this clock")]
    [TestCase(73.0 * 365 * 86400, 86400, Description = "longer than timers can wait")]
    public void A_token_is_refreshed_before_it_ends(double left, double? wait) =>
        Assert.That(RefreshSchedule.First(TimeSpan.FromSeconds(left))?.TotalSeconds, Is.EqualTo(wait));

    [Test]
    public void Retries_come_at_half_of_what_is_left_and_not_all_the_time()
    {
        var (left, waits) = (FeedLimits.RefreshLead, new List<double>());
        while (RefreshSchedule.Again(left) is { } wait)
        {
            waits.Add(wait.TotalSeconds);
            left -= wait;
        }
        Assert.That(waits, Is.EqualTo([60, 30, 15, 7.5, 3.75, 2]));
    }

    [Test]
    public void A_token_says_when_it_ends()
    {
        var end = new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
        Assert.That(TokenClaims.Of(Tokens.For("alice", end)).ExpiresAt, Is.EqualTo(end));
        Assert.That(TokenClaims.Of(Tokens.Mint("""{"exp":1.5}""")).ExpiresAt, Is.EqualTo(DateTimeOffset.UnixEpoch.AddSeconds(1.5)));
        foreach (var none in new[] { "{}", """{"exp":"1"}""", """{"exp":-1}""", """{"exp":1e300}""", """{"exp":null}""", "[1]" })
            Assert.That(TokenClaims.Of(Tokens.Mint(none)).ExpiresAt, Is.Null, none);
    }
}

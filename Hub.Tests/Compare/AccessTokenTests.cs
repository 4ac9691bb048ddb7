using Microsoft.IdentityModel.JsonWebTokens;
using Realtime.Compare.Server;
using Realtime.Tests.Support;

namespace Realtime.Tests.Compare;

internal sealed class AccessTokenTests
{
    [Test]
    public void A_token_says_whose_it_is_what_it_allows_and_until_when()
    {
        var time = new ManualTime();
        var token = new JsonWebToken(new AccessTokens(time).Reader("reader-7", "group-1"));
        Assert.Multiple(() =>
        {
            Assert.That(token.Alg, Is.EqualTo("HS256"));
            Assert.That(token.GetPayloadValue<string[]>("groups"), Is.EqualTo(["group-1"]));
            Assert.That(token.ValidTo, Is.EqualTo((time.GetUtcNow() + TimeSpan.FromHours(6)).UtcDateTime));
            Assert.That(token.Claims.Select(claim => claim.Type), Is.EquivalentTo(["sub", "groups", "exp"]));
        });
        Assert.That(AccessTokens.UserOf(token.EncodedToken), Is.EqualTo("reader-7"));
    }

    [TestCase("")]
    [TestCase("x")]
    [TestCase("a.b.c")]
    [TestCase("eyJhbGciOiJIUzI1NiJ9.e30.c")]
    [TestCase("eyJhbGciOiJIUzI1NiJ9.!!.c")]
    public void A_token_without_a_user_is_refused(string token) =>
        Assert.That(
            () => AccessTokens.UserOf(token), Throws.InvalidOperationException.With.Message.StartsWith("--token is not a JWT with a sub"));
}

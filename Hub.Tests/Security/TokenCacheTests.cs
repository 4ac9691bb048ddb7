using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Realtime.Server.Security.Tokens;
using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>A token that was validated is not validated again for a minute, and is never good for longer than it says.</summary>
internal sealed class TokenCacheTests
{
    private const string Header = "Bearer a";

    private ManualTime _time = null!;
    private TokenCache _cache = null!;

    private DateTime Now => _time.GetUtcNow().UtcDateTime;

    [SetUp]
    public void Start()
    {
        _time = new();
        _cache = new(_time);
    }

    [TearDown]
    public void Stop() => _cache.Dispose();

    [Test]
    public void It_is_known_for_a_minute()
    {
        Keep(Header);
        Assert.That(IsKnown(Header));
        _time.Advance(TokenCache.MaxAge - TimeSpan.FromTicks(1));
        Assert.That(IsKnown(Header));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.That(IsKnown(Header), Is.False);
    }

    [TestCase("Bearer A")]
    [TestCase("bearer a")]
    [TestCase("Bearer a ")]
    public void Another_text_is_another_token(string header)
    {
        Keep(Header);
        Assert.That(IsKnown(header), Is.False);
    }

    [Test]
    public void It_is_not_known_from_its_end_on()
    {
        Keep(Header, new(null, Now.AddSeconds(10)));
        _time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.That(IsKnown(Header));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.That(IsKnown(Header), Is.False);
    }

    [Test]
    public void It_is_not_known_before_its_beginning_if_clocks_differ_more_than_a_little()
    {
        Keep(Header, new(Now + TokenTimes.NotBeforeTolerance + TimeSpan.FromSeconds(1), Now.AddHours(1)));
        Assert.That(IsKnown(Header), Is.False);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(IsKnown(Header));
    }

    [TestCase(TokenCache.MaxTokenLength, true)]
    [TestCase(TokenCache.MaxTokenLength + 1, false)]
    public void A_long_one_is_validated_every_time(int length, bool isKept)
    {
        Keep(new('x', length));
        Assert.That(IsKnown(new('x', length)), Is.EqualTo(isKept));
    }

    [Test]
    public void Of_too_many_the_older_ones_go_first()
    {
        for (var n = 0; n <= 2 * TokenCache.MaxEntries; n++) Keep($"{n}");
        Assert.That(Enumerable.Range(0, 2 * TokenCache.MaxEntries + 1)
            .Where(n => IsKnown($"{n}")), Is.EqualTo(Enumerable.Range(TokenCache.MaxEntries, TokenCache.MaxEntries + 1)));
    }

    [TestCase("application/json", true)]
    [TestCase("text/event-stream", false)]
    public async Task That_of_a_stream_is_not_kept_because_a_stream_is_one_request(string accept, bool isKept)
    {
        await using var host = await PublishingHost.StartAsync();
        var token = Tokens.Publisher();
        using var client = host.Client(token);
        client.DefaultRequestHeaders.Accept.ParseAdd(accept);
        using var answer = await client.PostAsync("/api/notifications", new StringContent("{}"));
        Assert.That((int)answer.StatusCode, Is.Not.EqualTo(401).And.Not.EqualTo(403));
        Assert.That(host.Services.GetRequiredService<TokenCache>().Find($"Bearer {token}"), isKept ? Is.Not.Null : Is.Null);
    }

    private void Keep(string header, TokenTimes? times = null) =>
        _cache.Keep(header, new ClaimsPrincipal(), new AuthenticationProperties(), times ?? new(null, Now.AddHours(1)));

    private bool IsKnown(string header) => _cache.Find(header) is not null;
}

using System.Globalization;
using Realtime.Server.Security.Tokens;
using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>An identity provider that rotates its keys, goes away or hangs: entitled callers are never refused as unauthorized.</summary>
[CancelAfter(60_000)]
internal sealed class ProviderKeysTests
{
    private readonly AsyncDisposables _started = new();
    private IdentityProvider _provider = null!;
    private ProviderHost _host = null!;

    [SetUp]
    public async Task StartAsync()
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        _provider = _started.Add(await IdentityProvider.StartAsync(FreePort.Next(), cancel));
        _host = _started.Add(await ProviderHost.StartAsync(_provider.Address, cancel));
    }

    [TearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    [Test]
    public async Task The_first_token_of_a_new_key_is_served_also_when_keys_rotate_twice_in_a_row(CancellationToken cancel)
    {
        for (var rotations = 0; rotations < 3; rotations++)
        {
            if (rotations > 0) _provider.Rotate();
            var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => _host.AskAsync(_provider.Mint($"alice-{n}"), cancel)));
            Assert.That(answers.Select(answer => answer.Status), Is.All.EqualTo(200));
            Assert.That(_provider.Fetches, Is.EqualTo(rotations + 1), "twenty callers share one");
            _host.Time.Advance(ProviderKeys.LeastInterval);
        }
    }

    [Test]
    public async Task Until_the_next_fetch_is_allowed_a_new_key_is_not_now(CancellationToken cancel)
    {
        await KnowAsync(cancel);
        _host.Time.Advance(TimeSpan.FromSeconds(3));
        _provider.Rotate();
        var refused = await _host.AskAsync(_provider.Mint("alice"), cancel);
        refused.IsProblem(503);
        Assert.That(refused["Retry-After"], Is.EqualTo("7"));
        var stream = await _host.AskAsync(_provider.Mint("alice"), cancel, "Accept: text/event-stream");
        Assert.That((stream.Status, stream.Text), Is.EqualTo((200, ProviderHost.Closing)));
        Assert.That(_provider.Fetches, Is.EqualTo(1));
        _host.Time.Advance(TimeSpan.FromSeconds(7));
        Assert.That((await _host.AskAsync(_provider.Mint("alice"), cancel)).Status, Is.EqualTo(200));
        Assert.That(_provider.Fetches, Is.EqualTo(2));
    }

    [Test]
    public async Task A_key_that_is_absent_from_a_set_fetched_since_is_a_401(CancellationToken cancel)
    {
        await KnowAsync(cancel);
        _host.Time.Advance(ProviderKeys.LeastInterval);
        await using var stranger = await IdentityProvider.StartAsync(FreePort.Next(), cancel);
        stranger.Rotate("unknown");
        var forged = stranger.Mint("alice", issuer: _provider.Address);
        for (var n = 0; n < 3; n++) (await _host.AskAsync(forged, cancel)).IsProblem(401);
        Assert.That(_provider.Fetches, Is.EqualTo(2), "and one fetch is enough for that");
    }

    [Test]
    public async Task Callers_of_a_provider_that_hangs_wait_together_and_for_five_seconds_at_most(CancellationToken cancel)
    {
        await KnowAsync(cancel);
        var known = _provider.Mint("bob");
        _host.Time.Advance(ProviderKeys.LeastInterval);
        _provider.Hang();
        _provider.Rotate();
        var waiting = Enumerable.Range(0, 20).Select(_ => _host.AskAsync(_provider.Mint("alice"), cancel)).ToList();
        await Eventually.True("the provider is asked", () => _provider.Fetches == 2, cancel);
        Assert.That((await _host.AskAsync(known, cancel)).Status, Is.EqualTo(200), "a key that is known is not waited for");
        Assert.That(waiting.Any(answer => answer.IsCompleted), Is.False);
        _host.Time.Advance(ProviderKeys.FetchLimit);
        foreach (var answer in await Task.WhenAll(waiting)) answer.IsProblem(503);
        (await _host.AskAsync(_provider.Mint("alice"), cancel)).IsProblem(503, "at once: the next fetch is not allowed yet");
        Assert.That(_provider.Fetches, Is.EqualTo(2));

        _provider.GoOn();
        _host.Time.Advance(ProviderKeys.LeastInterval - ProviderKeys.FetchLimit);
        Assert.That((await _host.AskAsync(_provider.Mint("alice"), cancel)).Status, Is.EqualTo(200));
        Assert.That(_host.Log.All, Has.One.StartsWith("[2805]").And.One.Contains("no answer within 5 s").And.One.StartsWith("[2806]"));
    }

    [Test]
    public async Task While_the_provider_was_never_reached_only_what_is_bad_anyway_is_a_401(CancellationToken cancel)
    {
        await using var host = await ProviderHost.StartAsync($"http://127.0.0.1:{FreePort.Next()}", cancel);
        var now = host.Time.GetUtcNow();
        var exp = now.AddHours(1).ToUnixTimeSeconds();
        var good = await host.AskAsync(_provider.Mint("alice"), cancel);
        good.IsProblem(503);
        Assert.That(int.Parse(good["Retry-After"]!, CultureInfo.InvariantCulture), Is.InRange(1, 10));
        var stream = await host.AskAsync(_provider.Mint("alice"), cancel, "Accept: text/event-stream");
        Assert.That(stream.Text, Is.EqualTo(ProviderHost.Closing));

        var unsigned = string.Concat(_provider.Mint("alice").AsSpan(0, _provider.Mint("alice").LastIndexOf('.')), ".");
        string[] bad =
        [
            _provider.Mint("alice", expires: now.AddSeconds(-1)), _provider.Mint("alice", audience: "other"), unsigned, "nonsense", "a.b.c",
            Tokens.Mint(new { sub = "alice", aud = "orders" }),
            Tokens.Mint(new { sub = "alice", aud = "orders", exp, nbf = now.AddMinutes(5).ToUnixTimeSeconds() }),
            Tokens.Mint(new { sub = "alice", aud = "orders", exp }, header: """{"alg":"RS256","typ":"logout+jwt"}"""),
        ];
        foreach (var token in bad)
        {
            (await host.AskAsync(token, cancel)).IsProblem(401, token);
            (await host.AskAsync(token, cancel, "Accept: text/event-stream")).IsProblem(401, token);
        }
    }

    [Test]
    public async Task Keys_that_are_known_serve_while_the_provider_is_away(CancellationToken cancel)
    {
        await KnowAsync(cancel);
        var token = _provider.Mint("bob", expires: _host.Time.GetUtcNow() + ProviderKeys.MaxAge * 2);
        await _provider.DisposeAsync();
        _host.Time.Advance(ProviderKeys.MaxAge + TimeSpan.FromSeconds(1));
        Assert.That((await _host.AskAsync(token, cancel)).Status, Is.EqualTo(200));
        await Eventually.True(
            "fetching them again has failed", () => _host.Log.All.Any(line => line.StartsWith("[2805]", StringComparison.Ordinal)), cancel);
        Assert.That((await _host.AskAsync(token, cancel)).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task Another_key_under_the_same_name_is_found_too(CancellationToken cancel)
    {
        await KnowAsync(cancel);
        _provider.Rotate("key-1");
        (await _host.AskAsync(_provider.Mint("alice"), cancel)).IsProblem(401, "no fetch is allowed yet, and the known key says no");
        _host.Time.Advance(ProviderKeys.LeastInterval);
        (await _host.AskAsync(_provider.Mint("alice"), cancel)).IsProblem(503, "come back at once");
        Assert.That((await _host.AskAsync(_provider.Mint("alice"), cancel)).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task A_token_that_does_not_name_its_key_is_served_like_one_that_does(CancellationToken cancel)
    {
        await KnowAsync(cancel);
        Assert.That((await _host.AskAsync(_provider.Mint("bob", keyName: ""), cancel)).Status, Is.EqualTo(200));
        _host.Time.Advance(ProviderKeys.LeastInterval);
        _provider.Rotate();
        Assert.That((await _host.AskAsync(_provider.Mint("bob", keyName: ""), cancel)).Status, Is.EqualTo(200));
        var misnamed = await _host.AskAsync(_provider.Mint("bob", keyName: "another name"), cancel);
        Assert.That(misnamed.Status, Is.EqualTo(200), "the signature decides");
        Assert.That(_provider.Fetches, Is.EqualTo(2));
    }

    private async Task KnowAsync(CancellationToken cancel)
    {
        Assert.That((await _host.AskAsync(_provider.Mint("alice"), cancel)).Status, Is.EqualTo(200));
        Assert.That(_provider.Fetches, Is.EqualTo(1));
    }
}

using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>Tokens as identity providers make them, and the settings with which they are read.</summary>
[CancelAfter(60_000)]
internal sealed class ClaimTests
{
    private const string EntraUser = """
        {"aud":"orders","azp":"6731de76-14a6-49ae-97bc-6eba6914391e","azpacr":"1","name":"Alice Weber","oid":"00000000-0000-0000-66f3",
         "preferred_username":"alice@shop.example","roles":["Orders.Publish"],"scp":"Orders.Read Orders.Watch","sub":"pairwise-1",
         "tid":"9122040d-6c67","uti":"x","ver":"2.0","groups":["south","0f1e2d3c"]}
        """;

    private const string EntraApplication = """
        {"aud":"orders","azp":"6731de76-14a6-49ae-97bc-6eba6914391e","azpacr":"1","idtyp":"app","oid":"service-7","roles":["Orders.Publish"],
         "sub":"service-7","tid":"9122040d-6c67","uti":"x","ver":"2.0"}
        """;

    private const string KeycloakUser = """
        {"aud":["orders","account"],"typ":"Bearer","azp":"shop.web","sub":"1c0b6a3e","preferred_username":"alice","email_verified":true,
         "realm_access":{"roles":["offline_access","publisher"]},"groups":["/west","/south"],"scope":"openid profile",
         "resource_access":{"shop.web":{"roles":["orders-admin","publisher"]},"account":{"roles":["manage-account"]}}}
        """;

    private const string Auth0User = """
        {"aud":["orders","https://shop.auth0.example/userinfo"],"azp":"client","sub":"auth0|507f1f77","scope":"openid orders:publish",
         "permissions":["orders:publish"],"https://shop.example/roles":["publisher"],"https://shop.example/teams":["west"]}
        """;

    private readonly AsyncDisposables _started = new();
    private IdentityProvider _provider = null!;

    [OneTimeSetUp]
    public async Task StartProviderAsync() => _provider = _started.Add(await IdentityProvider.StartAsync(FreePort.Next(), default));

    [OneTimeTearDown]
    public async Task StopProviderAsync() => await _started.DisposeAsync();

    private static IEnumerable<TestCaseData> TokenShapes()
    {
        static TestCaseData Case(string name, string token, string caller, params string[] settings) =>
            new TestCaseData(token, caller, settings).SetArgDisplayNames(name);

        yield return Case("Entra, a user by oid", EntraUser,
            "00000000-0000-0000-66f3: user:00000000-0000-0000-66f3 group:south group:0f1e2d3c all, publisher",
            "UserClaim=oid", "RoleClaim=roles", "PublisherRole=Orders.Publish");
        yield return Case("Entra, a scope as role", EntraUser, "pairwise-1: user:pairwise-1 group:south group:0f1e2d3c all, admin",
            "RoleClaim=scp", "PublisherRole=Orders.Publish", "AdminRole=Orders.Watch");
        yield return Case("Entra, application roles as groups", EntraUser, "alice@shop.example: user:alice@shop.example group:Orders.Publish all",
            "UserClaim=preferred_username", "GroupsClaim=roles");
        yield return Case("Entra, an application", EntraApplication, "service-7: user:service-7 all, publisher",
            "UserClaim=oid", "RoleClaim=roles", "PublisherRole=Orders.Publish");
        yield return Case("Keycloak, realm roles", KeycloakUser, "1c0b6a3e: user:1c0b6a3e group:/west group:/south all, publisher",
            "RoleClaim=realm_access.roles");
        yield return Case("Keycloak, client roles", KeycloakUser, "alice: user:alice group:/west all, publisher, admin",
            "UserClaim=preferred_username", "RoleClaim=resource_access.\"shop.web\".roles", "AdminRole=orders-admin", "GroupsAllowed=/w*");
        yield return Case("Auth0, namespaced", Auth0User, "auth0|507f1f77: user:auth0|507f1f77 group:west all, publisher",
            "RoleClaim=\"https://shop.example/roles\"", "GroupsClaim=\"https://shop.example/teams\"");
        yield return Case("Auth0, permissions", Auth0User, "auth0|507f1f77: user:auth0|507f1f77 all, publisher",
            "RoleClaim=permissions", "PublisherRole=orders:publish");
        yield return Case("Auth0, a scope", Auth0User, "auth0|507f1f77: user:auth0|507f1f77 all, publisher",
            "RoleClaim=scope", "PublisherRole=orders:publish");

        const string mixed = """{"aud":"orders","sub":"alice","role":["admin","publisher"],"a.b":{"c":"x"},"a":{"b":{"c":"y"}},"scp":["read","write"]}""";
        yield return Case("the defaults", mixed, "alice: user:alice all, publisher, admin");
        yield return Case("an empty setting is the default", mixed, "alice: user:alice all, publisher, admin", "UserClaim=", "AdminRole= ");
        yield return Case("a path", mixed, "alice: user:alice group:y all, publisher, admin", "GroupsClaim=a.b.c");
        yield return Case("a quoted part", mixed, "alice: user:alice group:x all, publisher, admin", "GroupsClaim=\"a.b\".c");
        yield return Case("a list of scopes", mixed, "alice: user:alice all, publisher", "RoleClaim=scp", "PublisherRole=write");
        yield return Case("one name for both roles", mixed, "alice: user:alice all, publisher, admin", "PublisherRole=admin");

        yield return Case("no user", EntraUser, "401 The token has no claim employee.id, which must hold the user's id.", "UserClaim=employee.id");
        yield return Case("a user that is null", """{"aud":"orders","sub":"alice","oid":null}""",
            "401 The token has no claim oid, which must hold the user's id.", "UserClaim=oid");
        yield return Case("a user that is a list", EntraUser,
            "401 The token's claim roles is not a user id: a text of 1 to 128 code units without control characters.", "UserClaim=roles");
        yield return Case("a path through a text", mixed, "401 The token has no claim sub.id, which must hold the user's id.", "UserClaim=sub.id");
    }

    [TestCaseSource(nameof(TokenShapes))]
    public async Task A_token_is_read_as_the_settings_say(string token, string caller, string[] settings)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        await using var host = await StartAsync(settings, cancel);
        Assert.That(await host.CallerOfAsync(_provider.MintClaims(token), cancel), Is.EqualTo(caller));
    }

    [TestCase("orders-*", "orders-0: user:orders-0 group:orders-west group:orders-south all")]
    [TestCase("orders-wes?;  SALES ;", "orders-0: user:orders-0 group:orders-west group:SALES all")]
    [TestCase("sales", "orders-0: user:orders-0 all")]
    [TestCase("CORP\\\\*", "orders-0: user:orders-0 group:CORP\\orders all")]
    [TestCase("*", "403 The token names more than 100 groups.")]
    [TestCase("", "403 The token names more than 100 groups.")]
    public async Task Groups_that_are_not_allowed_are_dropped_before_they_are_counted(string allowed, string caller)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        await using var host = await StartAsync([$"GroupsAllowed={allowed}"], cancel);
        string[] groups = ["orders-west", "SALES", "CORP\\\\orders", "orders-south", .. Enumerable.Range(0, 200).Select(n => $"other-{n}")];
        var token = $$"""{"aud":"orders","sub":"orders-0","groups":[1,null,"a\nb","{{string.Join("\",\"", groups)}}"]}""";
        Assert.That(await host.CallerOfAsync(_provider.MintClaims(token), cancel), Is.EqualTo(caller));
    }

    [TestCase("""{"_claim_names":{"groups":"src1"},"_claim_sources":{"src1":{"endpoint":"https://graph.microsoft.com/v1.0/me/getMemberObjects"}}}""", 1)]
    [TestCase("""{"hasgroups":true}""", 1)]
    [TestCase("""{"hasgroups":"true"}""", 1)]
    [TestCase("""{"hasgroups":false}""", 0)]
    [TestCase("""{"_claim_names":{"roles":"src1"}}""", 0)]
    [TestCase("""{"_claim_names":{"groups":"src1"},"groups":["west"]}""", 0)]
    [TestCase("""{}""", 0)]
    public async Task Groups_that_a_token_does_not_list_are_warned_about_once_for_each_issuer(string claims, int warnings)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        await using var host = await StartAsync([], cancel);
        foreach (var user in (string[])["alice", "bob"])
        {
            var token = claims.Insert(1, $"\"aud\":\"orders\",\"sub\":\"{user}\"{(claims.Length > 2 ? "," : "")}");
            Assert.That(await host.CallerOfAsync(_provider.MintClaims(token), cancel), Does.StartWith($"{user}: user:{user} "));
        }
        Assert.That(
            host.Log.All.Where(line => line.StartsWith("[2807] ", StringComparison.Ordinal)).ToList(),
            Has.Count.EqualTo(warnings).And.All.Contains(_provider.Address).And.All.Contains("Hub:Auth:GroupsClaim"));
    }

    [Test]
    public async Task A_token_for_developers_is_read_as_any_other(CancellationToken cancel)
    {
        await using var host = await ProviderHost.StartAsync(
            [
                ("Hub:Auth:SigningKey", Tokens.SigningKey), ("Hub:Auth:UserClaim", "preferred_username"),
                ("Hub:Auth:RoleClaim", "realm_access.roles"), ("Hub:Auth:GroupsClaim", "realm_access.teams"),
                ("Hub:Auth:PublisherRole", "orders-write"), ("Hub:Auth:AdminRole", "orders-admin"),
            ], cancel);
        var token = await host.DevTokenAsync("""{"user":"alice","groups":["west"],"roles":["publisher","admin"]}""", cancel);
        Assert.That(await host.CallerOfAsync(token, cancel), Is.EqualTo("alice: user:alice group:west all, publisher, admin"));
    }

    [Test]
    public async Task Keys_are_exchanged_without_logging_anybody_out(CancellationToken cancel)
    {
        const string Before = "the-key-before-0123456789abcdef0123456789abcdef";
        var now = TimeProvider.System.GetUtcNow();
        await using var host = await ProviderHost.StartAsync(
            [
                ("Hub:Auth:SigningKey", Tokens.SigningKey), ("Hub:Auth:PreviousSigningKey", Before),
                ("Hub:Auth:PreviousSigningKeyUntil", now.AddMinutes(10).ToString("yyyy-MM-ddTHH:mm:sszzz")),
            ], cancel);
        var claims = new { sub = "alice", exp = now.AddHours(1).ToUnixTimeSeconds() };
        var (old, current, foreign) = (
            Tokens.Mint(claims, Before), Tokens.Mint(claims), Tokens.Mint(claims, new string('x', 40)));
        Assert.That(await host.CallerOfAsync(old, cancel), Does.StartWith("alice"));
        Assert.That(await host.CallerOfAsync(current, cancel), Does.StartWith("alice"));
        Assert.That(await host.CallerOfAsync(foreign, cancel), Does.StartWith("401"));

        host.Time.Advance(TimeSpan.FromSeconds(570));
        Assert.That(await host.CallerOfAsync(old, cancel), Does.StartWith("alice"), "it is remembered for a minute now");
        host.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.That(await host.CallerOfAsync(old, cancel), Is.EqualTo("401 The token is invalid."));
        Assert.That(await host.CallerOfAsync(current, cancel), Does.StartWith("alice"));
    }

    private Task<ProviderHost> StartAsync(IEnumerable<string> settings, CancellationToken cancel) => ProviderHost.StartAsync(
        _provider.Address, cancel,
        settings.Select(setting => setting.Split('=', 2)).Select(pair => ($"Hub:Auth:{pair[0]}", pair[1])));
}

using Realtime.Server.Http;
using Realtime.Server.Node;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Routing.Tickets;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>Two nodes that share a key: each one verifies the tokens that the other issues.</summary>
internal sealed class ConnectionTokensTests
{
    private const string Alice = "alice";

    private readonly byte[] _key = [.. Enumerable.Range(0, 32).Select(n => (byte)n)];
    private ManualTime _time = null!;
    private ConnectionTokens _issuer = null!, _other = null!;

    [SetUp]
    public async Task StartTwoNodesAsync()
    {
        _time = new ManualTime();
        (_issuer, _other) = (await NodeAsync(_key), await NodeAsync(_key));
    }

    [Test]
    public void A_token_fits_into_a_URL_as_it_is() =>
        Assert.That(_issuer.Issue("AbC_-9", "id_-1", Alice, Paths.Orders), Does.Match("^[0-9a-f]{16}[.][A-Za-z0-9._~-]+$"));

    [Test]
    public void Another_node_believes_it_for_its_user_alone()
    {
        var ticket = Issue();
        Assert.That(_other.WasGivenTo(ticket, Alice, Paths.Orders));
        Assert.That(_other.WasGivenTo(ticket, "mallory", Paths.Orders), Is.False);
    }

    [Test]
    public void No_part_of_it_can_be_changed()
    {
        var ticket = Issue();
        foreach (var forged in new[]
        {
            ticket with { Node = NodeId.New() }, ticket with { Token = "other" }, ticket with { ConnectionId = "victim" },
            ticket with { Expiry = ticket.Expiry + 1 }, ticket with { Signature = "" }, ticket with { Signature = new string('A', 43) },
            ticket with { Signature = "not base64!" }, ticket with { Signature = new string('A', 200) },
        }) Assert.That(_other.WasGivenTo(forged, Alice, Paths.Orders), Is.False, forged.ToString());
    }

    [Test]
    public async Task Nodes_with_another_key_do_not_believe_it() =>
        Assert.That((await NodeAsync([.. _key.Reverse()])).WasGivenTo(Issue(), Alice, Paths.Orders), Is.False);

    [Test]
    public void It_is_worth_nothing_on_another_hub()
    {
        Assert.That(_other.WasGivenTo(Issue(), Alice, Paths.Operators), Is.False);
        Assert.That(ConnectionTicket.TryParse(_issuer.Issue("token", "connection", Alice, Paths.Operators), out var ticket));
        Assert.That(_other.WasGivenTo(ticket!, Alice, Paths.Operators));
        Assert.That(_other.WasGivenTo(ticket!, Alice, Paths.Orders), Is.False);
    }

    [Test]
    public void For_orders_it_is_signed_as_nodes_of_the_first_version_sign_it()
    {
        var ticket = Issue();
        Assert.That(ticket.Signature, Is.EqualTo(Signature.Of(_key, $"connection {ticket.Signed} {Alice}")));
    }

    [Test]
    public void A_node_without_the_key_believes_nobody() =>
        Assert.That(
            new ConnectionTokens(new ThisNode(), new NodeDirectory(_time), _time).WasGivenTo(Issue(), Alice, Paths.Orders), Is.False);

    [Test]
    public void Its_connection_id_is_taken_over_once()
    {
        var ticket = Issue();
        Assert.That(_other.TryTakeId(ticket));
        Assert.That(_other.TryTakeId(ticket), Is.False);
    }

    [Test]
    public void Its_connection_id_is_not_taken_over_later()
    {
        var ticket = Issue();
        _time.Advance(ConnectionTokens.Lifetime);
        Assert.That(_other.TryTakeId(ticket), Is.False);
    }

    [Test]
    public void A_clock_that_is_behind_cannot_make_it_last_longer()
    {
        var ticket = Issue();
        Assert.That(_other.TryTakeId(ticket with { Expiry = ticket.Expiry + 1 }), Is.False);
    }

    [Test]
    public void What_was_taken_is_forgotten_when_it_could_not_be_taken_again()
    {
        var ticket = Issue();
        Assert.That(_other.TryTakeId(ticket));
        _time.Advance(ConnectionTokens.Lifetime);
        Assert.That(_other.TryTakeId(Issue()), "the same id, issued anew");
    }

    [Test]
    public void Beyond_so_many_nothing_is_taken_over_until_some_are_forgotten()
    {
        var ticket = Issue();
        for (var n = 0; n < ConnectionTokens.MaxTaken; n++) Assert.That(_other.TryTakeId(ticket with { ConnectionId = $"{n}" }));
        Assert.That(_other.TryTakeId(ticket), Is.False);
        _time.Advance(ConnectionTokens.Lifetime);
        Assert.That(_other.TryTakeId(Issue()));
    }

    private ConnectionTicket Issue()
    {
        Assert.That(ConnectionTicket.TryParse(_issuer.Issue("token", "connection", Alice, Paths.Orders), out var ticket));
        return ticket!;
    }

    private async Task<ConnectionTokens> NodeAsync(byte[] key)
    {
        var directory = new NodeDirectory(_time);
        await directory.UpdateAsync(() => Task.FromResult(new NodeList(key, new Dictionary<string, ListedNode>(), NodeVersions.Current)));
        return new ConnectionTokens(new ThisNode(), directory, _time);
    }
}

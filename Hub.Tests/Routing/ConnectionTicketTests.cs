using Realtime.Server.Routing.Tickets;

namespace Realtime.Tests.Routing;

internal sealed class ConnectionTicketTests
{
    private const string Node = "0123456789abcdef";

    [Test]
    public void Its_parts_are_read()
    {
        Assert.That(ConnectionTicket.TryParse($"{Node}.tok_en-1~id~1700000000~mac", out var ticket));
        Assert.That(ticket, Is.EqualTo(new ConnectionTicket(Node, "tok_en-1", "id", 1_700_000_000, "mac")));
        Assert.That(ticket!.Signed, Is.EqualTo($"{Node}.tok_en-1~id~1700000000"));
    }

    [Test]
    public void A_node_and_a_token_are_enough_to_find_the_owner()
    {
        Assert.That(ConnectionTicket.TryParse($"{Node}.token", out var ticket));
        Assert.That((ticket!.Node, ticket.Token), Is.EqualTo((Node, "token")));
    }

    [TestCase("")]
    [TestCase("token")]
    [TestCase(".")]
    [TestCase(".token")]
    [TestCase("0123456789abcde.token", TestName = "A node id that is too short")]
    [TestCase("0123456789ABCDEF.token", TestName = "A node id in capitals")]
    [TestCase(Node + ".token~id", TestName = "Two parts")]
    [TestCase(Node + ".token~id~soon~mac", TestName = "An expiry that is no number")]
    [TestCase(Node + ".token~id~-1~mac", TestName = "An expiry before all time")]
    [TestCase(Node + ".token&access_token=x", TestName = "Another parameter in it")]
    [TestCase(Node + ".token#x", TestName = "A fragment in it")]
    [TestCase(Node + ".tok\r\nen", TestName = "A line break in it")]
    [TestCase(Node + ".tokén", TestName = "A letter beyond ASCII in it")]
    public void Anything_else_is_left_for_SignalR_to_refuse(string text) => Assert.That(ConnectionTicket.TryParse(text, out _), Is.False);

    [Test]
    public void A_text_without_end_is_not_looked_at() =>
        Assert.That(ConnectionTicket.TryParse($"{Node}.{new string('a', ConnectionTicket.MaxLength)}", out _), Is.False);
}

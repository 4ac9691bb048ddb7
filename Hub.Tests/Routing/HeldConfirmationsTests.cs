using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Realtime.Server.Routing.Polls;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>
/// A confirmation goes with the caller's next poll if that is about to take the same route, and in a request of its own otherwise.
/// </summary>
internal sealed class HeldConfirmationsTests
{
    private ManualTime _time = null!;
    private List<string> _sent = null!;
    private HttpContext _context = null!;
    private HeldConfirmations _held = null!;

    private CallerPolls Polls => CallerPolls.Of(_context)!;

    [SetUp]
    public void Begin()
    {
        (_time, _sent, _context) = (new(), [], Context("HTTP/1.1"));
        _held = new HeldConfirmations(_time);
    }

    [TearDown]
    public void End() => _held.Dispose();

    [Test]
    public void The_third_poll_in_a_row_says_that_the_next_one_comes_the_same_way()
    {
        foreach (var steady in (bool[])[false, false, true])
        {
            Assert.That(Polls.Next("one"), Is.Null);
            Assert.That(Polls.AreSteady, Is.EqualTo(steady));
        }
        Polls.Next("other");
        Assert.That(Polls.AreSteady, Is.False);
    }

    [Test]
    public void The_next_poll_takes_it_along_once()
    {
        Hold("node.1");
        Assert.That(Polls.Next("one"), Is.EqualTo("node.1"));
        Assert.That(Polls.Next("one"), Is.Null);
        _time.Advance(HeldConfirmations.Limit);
        Assert.That(_sent, Is.Empty);
    }

    [Test]
    public void It_is_sent_when_no_poll_comes_in_time()
    {
        Hold("node.1");
        Hold("node.2", CallerPolls.Of(Context("HTTP/1.1")));
        _time.Advance(HeldConfirmations.Limit - TimeSpan.FromMilliseconds(1));
        Assert.That(_sent, Is.Empty);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(_sent, Is.EqualTo((string[])["node.1", "node.2"]));
        Assert.That(Polls.Next("one"), Is.Null, "it has gone");
        Hold("node.3");
        _time.Advance(HeldConfirmations.Limit);
        Assert.That(_sent, Is.EqualTo((string[])["node.1", "node.2", "node.3"]));
    }

    [Test]
    public void It_is_sent_at_once_when_a_poll_of_another_connection_comes_instead()
    {
        Hold("node.1");
        Assert.That(Polls.Next("other"), Is.Null);
        Assert.That(_sent, Is.EqualTo((string[])["node.1"]));
    }

    [Test]
    public void What_is_held_is_sent_when_the_node_stops()
    {
        Hold("node.1");
        _held.SendAll();
        Assert.That(_sent, Is.EqualTo((string[])["node.1"]));
    }

    [TestCase("HTTP/2")]
    [TestCase("HTTP/3")]
    public void Where_requests_come_side_by_side_nothing_is_held(string protocol) =>
        Assert.That(CallerPolls.Of(Context(protocol)), Is.Null);

    private static DefaultHttpContext Context(string protocol)
    {
        var context = new DefaultHttpContext { Request = { Protocol = protocol } };
        context.Features.Set<IConnectionItemsFeature>(new Connection());
        return context;
    }

    private void Hold(string poll, CallerPolls? others = null)
    {
        var polls = others ?? Polls;
        polls.Next("one");
        var confirmation = new HeldConfirmation(_sent.Add, poll);
        polls.Hold(confirmation);
        _held.Add(confirmation);
    }

    private sealed class Connection : IConnectionItemsFeature
    {
        public IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();
    }
}

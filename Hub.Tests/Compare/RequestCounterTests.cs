using System.Text;
using Realtime.Compare.Wire;

namespace Realtime.Tests.Compare;

internal sealed class RequestCounterTests
{
    private const string Get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
    private const string Post = "POST /b HTTP/1.1\r\nContent-Length: 16\r\n\r\nGET / HTTP/1.1\r\n";
    private const string Chunked =
        "POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n10;x=y\r\nGET / HTTP/1.1\r\n\r\n3\r\nabc\r\n0\r\nTrailer: 1\r\n\r\n";
    private const string Upgrade = "GET /d HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

    [TestCase(Get, 1)]
    [TestCase(Get + Get + Get, 3)]
    [TestCase(Post + Get, 2)]
    [TestCase(Chunked + Post + Chunked + Get, 4)]
    [TestCase(Get + Upgrade + Get + Get, 2, Description = "behind an upgrade there is no HTTP")]
    [TestCase("\u0016\u0003\u0001 TLS\r\n" + Get, 0)]
    public void Requests_are_counted_and_bodies_are_not_taken_for_them(string bytes, int requests)
    {
        var whole = new RequestCounter();
        whole.Read(Encoding.Latin1.GetBytes(bytes));
        var byByte = new RequestCounter();
        foreach (var one in Encoding.Latin1.GetBytes(bytes)) byByte.Read([one]);
        Assert.Multiple(() =>
        {
            Assert.That(whole.Requests, Is.EqualTo(requests));
            Assert.That(byByte.Requests, Is.EqualTo(requests), "byte by byte");
        });
    }

    [Test]
    public void An_event_stream_is_noticed_however_its_head_is_cut_up()
    {
        var head = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
        var watch = new StreamWatch();
        foreach (var one in head) watch.Read([one]);
        Assert.That(watch.HasBegun, Is.True);

        var other = new StreamWatch();
        other.Read("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"u8);
        Assert.That(other.HasBegun, Is.False);
    }
}

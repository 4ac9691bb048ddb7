using System.Text;
using Realtime.Server.Redis.Wire;

namespace Realtime.Tests.Redis;

/// <summary>Redis's protocol, cut anywhere and broken.</summary>
internal sealed class RespReaderTests
{
    private const string Sample = "*4\r\n:12\r\n$5\r\na\r\nbc\r\n*2\r\n+OK\r\n:-3\r\n$-1\r\n";

    [Test]
    public void A_value_is_complete_with_its_last_byte_and_what_follows_is_left_alone()
    {
        var bytes = Encoding.ASCII.GetBytes(Sample);
        for (var cut = 0; cut < bytes.Length; cut++) Assert.That(RespReader.Measure(bytes.AsSpan(0, cut)), Is.Zero, $"cut at {cut}");
        Assert.That(RespReader.Measure(Encoding.ASCII.GetBytes(Sample + "+more\r\n")), Is.EqualTo(bytes.Length));
    }

    [Test]
    public void Its_parts_are_read_in_order()
    {
        var reader = new RespReader(Encoding.ASCII.GetBytes(Sample));
        var parts = new List<string>();
        while (parts.Count < 7 && reader.TryRead())
            parts.Add(
                $"{(char)reader.Kind}{(reader.Kind is (byte)'+' or (byte)'$' ? Encoding.ASCII.GetString(reader.Text) : reader.Number)}");
        Assert.That(parts, Is.EqualTo(["*4", ":12", "$a\r\nbc", "*2", "+OK", ":-3", "$"]));
    }

    [TestCase("\r\n")]
    [TestCase("HTTP/1.1 400 Bad Request\r\n")]
    [TestCase(":\r\n")]
    [TestCase(":1x\r\n")]
    [TestCase("$99999999999999999999\r\n")]
    [TestCase("*1000000\r\n")]
    public void What_is_not_Redis_is_refused(string text) =>
        Assert.That(() => RespReader.Measure(Encoding.ASCII.GetBytes(text)), Throws.TypeOf<InvalidDataException>());

    [Test]
    public void A_line_without_an_end_is_refused() =>
        Assert.That(
            () => RespReader.Measure(Encoding.ASCII.GetBytes("+" + new string('x', 100_000))), Throws.TypeOf<InvalidDataException>());
}

using Realtime.Server.Node;

namespace Realtime.Tests.Operations;

internal sealed class LogTextTests
{
    [TestCase("hub:claim:shop\0key", ExpectedResult = "hub:claim:shop\\u0000key")]
    [TestCase("one\r\nfail: two", ExpectedResult = "one\\u000d\\u000afail: two")]
    [TestCase("a\u2028b\u202Ec\u001b[31m", ExpectedResult = "a\\u2028b\\u202ec\\u001b[31m")]
    [TestCase("Grüße 語 😀", ExpectedResult = "Grüße 語 😀")]
    public string It_stays_on_its_line_and_hides_nothing(string text) => LogText.Of(text);

    [Test]
    public void It_has_an_end() => Assert.That(LogText.Of(new string('x', 10_000)), Is.EqualTo(new string('x', LogText.MaxLength) + "…"));
}

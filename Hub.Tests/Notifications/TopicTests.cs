using Realtime.Server.Notifications;

namespace Realtime.Tests.Notifications;

internal sealed class TopicTests
{
    [Test]
    public void What_a_topic_is_called_is_read_as_that_topic()
    {
        foreach (var topic in new[] { Topic.All, Topic.User("alice"), Topic.Group("west"), Topic.User("all"), Topic.Group("user:a:b"),
            Topic.User(new string('x', NameRules.MaxLength)) })
        {
            Assert.That(Topic.TryParse(topic.Text, out var read), topic.Text);
            Assert.That(read, Is.EqualTo(topic));
        }
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("All")]
    [TestCase("all:")]
    [TestCase("user")]
    [TestCase("user:")]
    [TestCase("group:")]
    [TestCase("nobody:alice")]
    [TestCase("user:a\nb")]
    public void Anything_else_is_no_topic(string? text) => Assert.That(Topic.TryParse(text, out _), Is.False);
}

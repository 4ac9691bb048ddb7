using System.Text;
using Realtime.Server.Node;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Telemetry;

/// <summary>The member of a stored body that holds its trace, and what spans cost that no program listens to.</summary>
internal sealed class HubTracesTests
{
    private const string Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    [TestCase($$$"""
        "id":"1","time":"t","trace":"{{{Trace}}}"}
        """, Trace)]
    [TestCase($$$"""
        "id":"1","time":"t","data":{"trace":"{{{Trace}}}"}}
        """, "")]
    [TestCase($$$"""
        "id":"1","time":"t","data":",\"trace\":\"{{{Trace}}}\""}
        """, "")]
    [TestCase($$$"""
        "id":"1","time":"t","data":{"a":1,"trace":"{{{Trace}}}"},"trace":"{{{Trace}}}"}
        """, Trace)]
    [TestCase("\"}", "")]
    [TestCase("", "")]
    public void Only_the_last_member_of_a_body_is_its_trace(string body, string expected) =>
        Assert.That(Encoding.UTF8.GetString(TraceMember.ValueIn(Encoding.UTF8.GetBytes(body))), Is.EqualTo(expected));

    [TestCase("\"id\":\"1\"}")]
    [TestCase($"\"id\":\"1\",\"trace\":\"{Trace}\"}}")]
    public void A_trace_is_put_in_the_place_of_another_or_of_none(string body)
    {
        var other = Trace.Replace('7', '8');
        Assert.That(Replaced(body, other), Is.EqualTo($"\"id\":\"1\",\"trace\":\"{other}\"}}"));
        Assert.That(Replaced(body, null), Is.EqualTo("\"id\":\"1\"}"));
    }

    // Listeners belong to the process: no other test may have one.
    [Test, NonParallelizable]
    public void Without_a_listener_nothing_is_allocated()
    {
        var notification = new Notification(new Position(1, 1), 0, Encoding.UTF8.GetBytes($"\"id\":\"1\",\"trace\":\"{Trace}\"}}"));
        Round(notification);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++) Round(notification);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static void Round(Notification notification)
    {
        using var publish = HubTraces.StartPublish(default, out _);
        using var append = HubTraces.StartAppend(1);
        using var forward = HubTraces.StartForward(default, ForwardKind.Poll, "node");
        using var delivery = HubTraces.StartDelivery(notification, Transport.WebSockets, isReplay: false);
        HubTraces.Answered(publish, PublishOutcome.Stored);
    }

    private static string Replaced(string body, string? value) =>
        Encoding.UTF8.GetString(TraceMember.Replace(Encoding.UTF8.GetBytes(body), value).Span);
}

using System.Text;
using Realtime.Server.Log.Redis;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Log;

/// <summary>The record that Redis keeps of an idempotency key.</summary>
internal sealed class KeyRecordTests
{
    private static readonly Topic Alice = Topic.User("alice");

    [Test]
    public void A_repeat_gets_the_id_and_the_time_of_the_first_and_keeps_the_rest()
    {
        var (first, repeat) = (Drafts.Keyed("k", "order", Alice), Drafts.Keyed("k", "order", Alice));
        repeat = repeat with
        {
            Body = Encoding.UTF8.GetBytes(Drafts.TextOf(repeat)
            .Replace("09:00:00Z", "10:30:00.5Z", StringComparison.Ordinal))
        };
        var claim = KeyRecord.Parse(KeyRecord.Of(first).ToBytes());
        Assert.That(claim, Is.Not.Null);
        Assert.That((claim!.Notification, claim.IsFor(repeat.Key!)), Is.EqualTo((first.Id, true)));
        Assert.That(Encoding.UTF8.GetString(claim.Restore(repeat.Body).Span), Is.EqualTo(Drafts.TextOf(first)));
    }

    [Test]
    public void A_repeat_gets_the_trace_of_the_first_instead_of_its_own()
    {
        var plain = Drafts.Keyed("k", "order", Alice);
        var traced = Drafts.Traced(plain, 1);
        Assert.That((KeyRecord.Of(plain).ToBytes()[0], KeyRecord.Of(traced).ToBytes()[0]), Is.EqualTo(((byte)'1', (byte)'2')),
            "earlier versions read the record of a publish that was not traced");
        foreach (var first in new[] { plain, traced })
        {
            var record = KeyRecord.Parse(KeyRecord.Of(first).ToBytes())!;
            foreach (var repeat in new[] { Drafts.Traced(plain, 2), plain })
                Assert.That(Encoding.UTF8.GetString(record.Restore(repeat.Body).Span), Is.EqualTo(Drafts.TextOf(first)));
        }
    }

    [TestCase("x\"}", "2026-11-22T09:00:00Z")]
    [TestCase("x", "2026\",\"orderId\":\"forged")]
    [TestCase("x\\", "2026-11-22T09:00:00Z")]
    [TestCase("x", "2026\n")]
    [TestCase("\u00e9", "2026-11-22T09:00:00Z")]
    public void What_would_break_out_of_a_body_is_no_claim_of_ours(string id, string time)
    {
        var claim = KeyRecord.Of(Drafts.Keyed("k", "order", Alice));
        Assert.That(KeyRecord.Parse((claim with { Notification = "x" }).ToBytes()), Is.Not.Null);
        Assert.That(KeyRecord.Parse((claim with { Notification = id, Time = time }).ToBytes()), Is.Null);
    }

    [Test]
    public void Neither_is_another_version_nor_what_ends_too_early()
    {
        var bytes = KeyRecord.Of(Drafts.Keyed("k", "order", Alice)).ToBytes();
        Assert.That(KeyRecord.Parse((byte[])[(byte)'2', .. bytes[1..]]), Is.Null);
        var idEnds = bytes.Length - "2026-11-22T09:00:00Z".Length;
        for (var length = 0; length < idEnds; length++)
            Assert.That(KeyRecord.Parse(bytes.AsMemory(0, length)), Is.Null, $"cut after {length}");
    }
}

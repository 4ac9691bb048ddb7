using System.Globalization;
using Realtime.Server.Connections;
using Realtime.Server.Delivery;
using Realtime.Server.Feed;
using Realtime.Server.Http;
using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Server.Operations;
using Realtime.Server.Operations.Answers;
using Realtime.Server.Operations.Operators;
using Realtime.Server.Publishing;
using Realtime.Server.Publishing.Batch;
using Realtime.Server.Routing;
using Realtime.Server.Security.Claims;
using Realtime.Server.Security.Revocations;
using Realtime.Server.Security.Sessions;

namespace Realtime.Tests.Conventions;

/// <summary>The limits in docs/PROTOCOL.md are the server's, and none of the table is left unchecked.</summary>
internal sealed class ProtocolLimitTests
{
    private static readonly Dictionary<string, string> Expected = new()
    {
        ["body of a publish, line of a batch"] = Of(PublishLimits.BodyBytes, "bytes"),
        ["lines of a batch"] = Of(PublishLimits.BatchLines),
        ["nesting of a body, the body itself included"] = Of(PublishLimits.Depth, "levels"),
        ["users of one notification"] = Of(PublishLimits.Users),
        ["groups of one notification"] = Of(PublishLimits.Groups),
        ["`type`"] = Of(PublishLimits.TypeLength, "characters"),
        ["`orderId`"] = Of(PublishLimits.OrderIdLength, "UTF-16 code units"),
        ["user id, group name"] = Of(NameRules.MaxLength, "UTF-16 code units"),
        ["idempotency key"] = Of(PublishLimits.KeyLength, "characters"),
        ["an idempotency key is remembered"] = Of((long)IdempotencyKey.Lifetime.TotalHours, "hours"),
        ["groups in a token"] = Of(CallerReader.MaxGroups),
        ["`limit` of a page"] = $"{Of(HistoryEndpoint.MaxLimit)}; default {HistoryEndpoint.DefaultLimit}",
        ["a page ends after"] = Of(HistoryPage.MaxBytes, "bytes of items"),
        ["history of one user on a node, pages and replays of streams"] =
            $"{Of(PagesUnderWay.BytesPerSecond, "bytes/s")} after the first {Of(PagesUnderWay.Burst)}",
        ["body of a disconnection"] = Of(DisconnectEndpoint.MaxBodyBytes, "bytes"),
        ["reason of a disconnection"] = Of(Revocation.MaxReason, "UTF-16 code units"),
        ["users of one question for presence"] = Of(QueryNames.MaxPresent),
        ["users or topics of one question of an administrator"] = Of(QueryNames.MaxAsked),
        ["listed connections of a user on one node"] = Of(UserReport.MaxListed),
        ["listed connections of a user that ended"] = Of(UserReport.MaxEnded),
        ["body of an erasure"] = Of(EraseEndpoint.MaxBodyBytes, "bytes"),
        ["users that are kept as disconnected"] = Of(RevokedUsers.MaxCount),
        ["body of an acknowledgement"] = Of(AcknowledgementEndpoints.MaxBodyBytes, "bytes"),
        ["cursor of a reader with 100 groups"] = Of(WebLimits.CursorLength, "characters"),
        ["session cookie"] = Of(SessionCookie.MaxLength, "characters"),
        ["announcement of an operator"] = Of(OperatorsHub.LongestAnnouncement, "UTF-16 code units"),
        ["request line and headers together"] = Of(WebLimits.HeadBytes, "bytes"),
        ["headers of a request"] = Of(WebLimits.Headers),
        ["token"] = Of(WebLimits.TokenLength, "characters"),
        ["requests at a time on one HTTP/2 connection"] = Of(WebLimits.StreamsPerConnection),
        ["silence before a heartbeat"] = Of(EventSourceEndpoint.Heartbeat),
        ["a long poll without a notification"] = Of(RoutedHubRegistration.LongestPoll),
        ["silence of a SignalR client before it is disconnected"] = Of(SilentClients.Limit),
        ["a reader that accepts nothing is disconnected after"] = Of(PacedWrites.StallTimeout),
        ["a batch whose client neither sends nor reads is ended after"] = Of(new BatchLimits().Stall),
        ["`closing` before a token expires"] = Of(FeedLimits.ExpiryNotice),
    };

    [Test]
    public void Its_limits_are_those_of_the_server() => Assert.That(
        new Document("docs/PROTOCOL.md").Table("limit").ToDictionary(row => row[0], row => row[1]), Is.EquivalentTo(Expected));

    private static string Of(long value, string unit = "") => string.Create(CultureInfo.InvariantCulture, $"{value:N0} {unit}").TrimEnd();

    private static string Of(TimeSpan value) => $"{value.TotalSeconds} s";
}

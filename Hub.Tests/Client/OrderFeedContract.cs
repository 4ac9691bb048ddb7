using Realtime.Client;
using Realtime.Tests.Delivery;

namespace Realtime.Tests.Client;

/// <summary>What a feed does on every transport, against the real server.</summary>
internal abstract partial class OrderFeedContract(Transport transport) : OrderFeedFixture
{
    protected override IReadOnlyDictionary<string, string> Settings =>
        new Dictionary<string, string> { ["Hub:Retention:Count"] = "400", ["Hub:Drain:Duration"] = "00:00:01" };

    private OrderFeedOptions Only(Uri? server = null) => Options(server) with { Transports = [transport] };

    private Task<long> PublishAsync(string orderId, CancellationToken cancel) => Server.PublishAsync(User, orderId, cancel);

    private IEnumerable<string> Orders(int first, int last) =>
        Enumerable.Range(first, last - first + 1).Select(n => $"user:{User} {n} order {n}");
}

internal sealed class FeedOverWebSockets() : OrderFeedContract(Transport.WebSockets);

internal sealed class FeedOverServerSentEvents() : OrderFeedContract(Transport.ServerSentEvents);

internal sealed class FeedOverLongPolling() : OrderFeedContract(Transport.LongPolling);

internal sealed class FeedOverEventSource() : OrderFeedContract(Transport.EventSource);

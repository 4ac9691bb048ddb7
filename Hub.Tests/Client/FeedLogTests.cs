using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Realtime.Client;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>What a feed, the SignalR client and <c>System.Net</c> log: at no level a token, and no address with its query.</summary>
internal sealed partial class FeedLogTests : LoopbackFeed
{
    [TestCase(Transport.WebSockets)]
    [TestCase(Transport.ServerSentEvents)]
    [TestCase(Transport.LongPolling)]
    [TestCase(Transport.EventSource)]
    public async Task No_log_has_a_token_or_the_query_of_an_address(Transport transport, CancellationToken cancel)
    {
        const string Token = "the-secret-token";
        var fail = false;
        Server = await FeedServer.StartAsync(app => app.Use((context, next) =>
        {
            if (!Volatile.Read(ref fail)) return next(context);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }));
        using var log = new EverythingLogged();
        using var loggers = log.Factory();
        var options = Options(transport) with { Token = _ => new(Token), LoggerFactory = loggers, StartFrom = StartFrom.Latest };
        await using (var feed = await OrderFeed.ConnectAsync(options, cancel))
        {
            // A connection that breaks, refused attempts, a connection that lasts, a goodbye.
            await feed.UnreadAsync(cancel);
            Volatile.Write(ref fail, true);
            Server.CutAll();
            await Eventually.True("tries have failed", () => feed.State.Attempt > 1, cancel);
            Volatile.Write(ref fail, false);
            feed.ReconnectNow();
            await States.IsAsync(FeedPhase.Live, cancel);
        }

        // Other tests' requests are on other ports.
        var port = $"{Server.Address.Port}";
        var lines = log.Lines
            .Where(line => !line.StartsWith("System.Net.", StringComparison.Ordinal) || line.Contains(port, StringComparison.Ordinal))
            .ToList();
        var ids = Server.Requests.Select(request => Id().Match(request.Query).Groups[1].Value).Where(id => id != "").Distinct().ToList();
        Assert.Multiple(() =>
        {
            Assert.That(log.Categories, Has.Member("Realtime.Client.OrderFeed").And.Member("System.Net.Http"));
            if (transport != Transport.EventSource)
                Assert.That(log.Categories, Has.Some.StartsWith("Microsoft.AspNetCore.SignalR.Client"));
            Assert.That(lines.Where(line => line.Contains(Token, StringComparison.Ordinal)), Is.Empty);
            Assert.That(lines.Where(line => Query().IsMatch(line)), Is.Empty);
            Assert.That(ids, transport is Transport.ServerSentEvents or Transport.LongPolling ? Is.Not.Empty : Is.Empty);
            foreach (var id in ids)
                Assert.That(lines.Where(line => line.Contains(id, StringComparison.Ordinal)), Is.Empty, "a connection's token");
        });
    }

    [GeneratedRegex(@"[?&]id=([^&]+)")]
    private static partial Regex Id();

    /// <summary>The platform writes <c>?*</c> in place of a query.</summary>
    [GeneratedRegex(@"/(hubs|api)/[^\s?]*\?[^*\s]")]
    private static partial Regex Query();
}

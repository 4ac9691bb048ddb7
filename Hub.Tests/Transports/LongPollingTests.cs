using Microsoft.AspNetCore.Http;
using Realtime.Client;
using Realtime.Tests.Support;

namespace Realtime.Tests.Transports;

/// <summary>Which answers to a poll mean what.</summary>
[CancelAfter(60_000)]
internal sealed class LongPollingTests
{
    private static readonly TransportOptions Options = new() { Transports = [Transport.LongPolling], CloseTimeout = TimeSpan.FromSeconds(1) };

    private LoopbackServer _server = null!;
    private int _polls;

    private IEnumerable<string> Methods => _server.Requests.Where(request => !request.IsNegotiation).Select(request => request.Method);

    [SetUp]
    public void Begin() => _polls = 0;

    [TearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [Test]
    public async Task A_204_ends_the_connection_and_needs_no_goodbye(CancellationToken cancel)
    {
        _server = await PollsAsync((context, poll) => poll == 1 ? context.Response.WriteAsync("hello", cancel) : Status(context, 204));
        await using (var connection = await TransportRig.ConnectAsync(_server, Options, cancel))
            Assert.That(await connection.ReadAllAsync(cancel), Is.EqualTo("hello"));
        Assert.That(Methods, Is.EqualTo(["GET", "GET", "GET"]));
    }

    [Test]
    public async Task An_empty_answer_is_followed_by_another_poll(CancellationToken cancel)
    {
        _server = await PollsAsync((context, poll) => poll switch
        {
            5 => context.Response.WriteAsync("after four empty ones", cancel),
            6 => Status(context, 204),
            _ => Status(context, 200),
        });
        await using var connection = await TransportRig.ConnectAsync(_server, Options, cancel);
        Assert.That(await connection.ReadAllAsync(cancel), Is.EqualTo("after four empty ones"));
    }

    [TestCase(404)]
    [TestCase(500)]
    public async Task A_first_poll_that_is_refused_is_a_failed_start(int status, CancellationToken cancel)
    {
        _server = await TransportRig.ServeAsync(context => Status(context, status));
        Assert.That(async () => await TransportRig.ConnectAsync(_server, Options, cancel), Throws.TypeOf<AggregateException>().With.Message.Contains($"{status}"));
    }

    [TestCase(404)]
    [TestCase(502)]
    public async Task A_later_poll_that_is_refused_breaks_the_connection(int status, CancellationToken cancel)
    {
        _server = await PollsAsync((context, _) => Status(context, status));
        await using var connection = await TransportRig.ConnectAsync(_server, Options, cancel);
        Assert.That(async () => await connection.ReadAllAsync(cancel), Throws.TypeOf<HttpRequestException>().With.Message.Contains($"{status}"));
    }

    [Test]
    public async Task An_answer_that_breaks_off_breaks_the_connection(CancellationToken cancel)
    {
        _server = await PollsAsync(async (context, _) =>
        {
            context.Response.ContentLength = 10;
            await context.Response.WriteAsync("half", cancel);
            await context.Response.Body.FlushAsync(cancel);
            context.Abort();
        });
        await using var connection = await TransportRig.ConnectAsync(_server, Options, cancel);
        Assert.That(async () => await connection.ReadAllAsync(cancel), Throws.Exception, "its rest would be lost unnoticed");
    }

    [Test]
    public async Task A_poll_that_stays_unanswered_is_repeated(CancellationToken cancel)
    {
        _server = await PollsAsync((context, poll) => poll switch
        {
            1 => LoopbackServer.UntilAborted(context),
            2 => context.Response.WriteAsync("then", cancel),
            _ => Status(context, 204),
        });
        await using var connection = await TransportRig.ConnectAsync(_server, Options with { RequestTimeout = TimeSpan.FromSeconds(1) }, cancel);
        Assert.That(await connection.ReadAllAsync(cancel), Is.EqualTo("then"));
    }

    [Test]
    public async Task For_a_feed_a_poll_that_stays_unanswered_is_the_end(CancellationToken cancel)
    {
        _server = await PollsAsync((context, _) => LoopbackServer.UntilAborted(context));
        var options = Options with { RequestTimeout = TimeSpan.FromSeconds(1), UnansweredPollEnds = true };
        await using var connection = await TransportRig.ConnectAsync(_server, options, cancel);
        Assert.That(async () => await connection.ReadAllAsync(cancel), Throws.TypeOf<TimeoutException>().With.Message.Contains("unanswered"));
    }

    [Test]
    public async Task Only_one_poll_is_outstanding(CancellationToken cancel)
    {
        var (open, most) = (0, 0);
        _server = await PollsAsync(async (context, poll) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref open));
            Interlocked.Decrement(ref open);
            if (poll == 50) await Status(context, 204);
            else await context.Response.WriteAsync("x", cancel);
        });
        await using var connection = await TransportRig.ConnectAsync(_server, Options, cancel);
        Assert.That(await connection.ReadAllAsync(cancel), Is.EqualTo(new string('x', 49)));
        Assert.That(most, Is.EqualTo(1));
    }

    [Test]
    public async Task Who_leaves_says_so_behind_its_last_poll(CancellationToken cancel)
    {
        _server = await PollsAsync((context, _) => LoopbackServer.UntilAborted(context));
        var connection = await TransportRig.ConnectAsync(_server, Options, cancel);
        await Eventually.True("it polls", () => Volatile.Read(ref _polls) == 1, cancel);
        await Eventually.Ends("it is disposed", connection.DisposeAsync().AsTask(), cancel);
        Assert.That(Methods, Is.EqualTo(["GET", "GET", "DELETE"]));
        Assert.That(_server.Requests[^1].Query, Is.EqualTo("?id=t"));
    }

    [TestCase(404)]
    [TestCase(500)]
    public async Task A_goodbye_that_is_refused_is_nobodys_concern(int status, CancellationToken cancel)
    {
        _server = await PollsAsync((context, _) => LoopbackServer.UntilAborted(context), delete: status);
        var connection = await TransportRig.ConnectAsync(_server, Options, cancel);
        await Eventually.Ends("it is disposed", connection.DisposeAsync().AsTask(), cancel);
        Assert.That(Methods.Last(), Is.EqualTo("DELETE"));
    }

    [Test]
    public async Task A_server_that_hangs_cannot_keep_a_client_from_leaving(CancellationToken cancel)
    {
        _server = await PollsAsync((context, _) => LoopbackServer.UntilAborted(context), delete: null);
        var connection = await TransportRig.ConnectAsync(_server, Options, cancel);
        await Eventually.Ends("it is disposed all the same", connection.DisposeAsync().AsTask(), cancel);
        await Eventually.True("no socket is left", () => _server.OpenSockets == 0, cancel);
    }

    [Test]
    public async Task A_send_that_is_refused_ends_the_connection(CancellationToken cancel)
    {
        _server = await PollsAsync((context, _) => LoopbackServer.UntilAborted(context), post: 500);
        await using var connection = await TransportRig.ConnectAsync(_server, Options, cancel);
        await connection.Transport.Output.WriteAsync("x"u8.ToArray(), cancel);
        Assert.That(async () => await connection.ReadAllAsync(cancel), Throws.TypeOf<HttpRequestException>().With.Message.Contains("500"));
    }

    /// <summary>The first GET only starts the connection; <paramref name="answer"/> gets those behind it, counted from 1.</summary>
    /// <param name="delete">The status of the answer to a goodbye; null: none.</param>
    private Task<LoopbackServer> PollsAsync(Func<HttpContext, int, Task> answer, int? delete = 202, int post = 200)
    {
        var started = 0;
        return TransportRig.ServeAsync(context => context.Request.Method switch
        {
            "POST" => Status(context, post),
            "DELETE" => delete is { } status ? Status(context, status) : LoopbackServer.UntilAborted(context),
            _ when Interlocked.Exchange(ref started, 1) == 0 => Status(context, 200),
            _ => answer(context, Interlocked.Increment(ref _polls)),
        });
    }

    private static Task Status(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Server.Operations;
using Realtime.Server.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

[CancelAfter(30_000)]
internal sealed class PollAnswersTests
{
    private readonly ManualTime _time = new();
    private ConnectionOwners _owners = null!;
    private PollAnswers _answers = null!;

    [SetUp]
    public void Start()
    {
        _owners = new ConnectionOwners(new RoutingOptions(), new HubCounters(), _time);
        _answers = new PollAnswers(_owners, _time, NullLogger<PollAnswers>.Instance);
    }

    [TearDown]
    public void Stop() => _owners.Dispose();

    [Test]
    public async Task An_answer_may_stay_unconfirmed_for_two_seconds_once_the_next_poll_is_here()
    {
        await _answers.BeginAsync("token", "poll");
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.That(_answers.IsLost("token"), Is.False, "its caller may still be reading");
        Assert.That(_answers.Admit("token"));
        _time.Advance(PollAnswers.ConfirmationLimit - TimeSpan.FromMilliseconds(1));
        Assert.That(_answers.IsLost("token"), Is.False);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Eventually.True("it is lost", () => _answers.IsLost("token"));
        Assert.That(_answers.Admit("token"), Is.False);
        Assert.That(await _answers.BeginAsync("token", null), Is.Null);
    }

    [Test]
    public async Task A_confirmed_answer_leaves_nothing_behind()
    {
        var answer = await _answers.BeginAsync("token", "poll");
        var next = _answers.BeginAsync("token", "next").AsTask();
        Assert.That(next.IsCompleted, Is.False);
        _answers.Settle("poll", isDelivered: true);
        Assert.That(await next, Is.Not.Null.And.Not.SameAs(answer));
        _answers.Settle("next", isDelivered: true);
        _answers.Settle("next", isDelivered: false);
        Assert.That((_answers.Count, _answers.IsLost("token")), Is.EqualTo((0, false)));
    }

    [Test]
    public async Task Connections_that_are_gone_are_forgotten_after_a_minute()
    {
        await _answers.BeginAsync("unconfirmed", "poll");
        _answers.Settle((await _answers.BeginAsync("lost", null))!, isDelivered: false);
        _time.Advance(PollAnswers.Memory);
        _answers.Settle((await _answers.BeginAsync("other", null))!, isDelivered: true);
        Assert.That((_answers.Count, _answers.IsLost("lost")), Is.EqualTo((2, true)));
        _time.Advance(TimeSpan.FromSeconds(11));
        _answers.Settle((await _answers.BeginAsync("other", null))!, isDelivered: true);
        Assert.That(_answers.Count, Is.Zero);
    }

    [TestCase(true, TestName = "A write that fails")]
    [TestCase(false, TestName = "A caller that has left")]
    public async Task An_answer_of_this_node_that_is_not_written_whole_ends_the_connection(bool throws)
    {
        using var left = new CancellationTokenSource();
        using var broken = new BrokenStream(() =>
        {
            if (throws) throw new IOException("reset by peer");
            left.Cancel();
        });
        var context = new DefaultHttpContext { RequestAborted = left.Token };
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(broken));
        var polls = new LongPolls(_answers);
        Assert.That(await polls.TryAnswerAsync(context, "token", AnswerAsync), Is.False);
        Assert.That(polls.AreLost("token"));
        Assert.That(await polls.TryAnswerAsync(new DefaultHttpContext(), "token", _ => throw new AssertionException("It was admitted.")), Is.False);
        Assert.That(polls.AreLost("other"), Is.False);

        // As SignalR does, which keeps such a failure to itself.
        static async Task AnswerAsync(HttpContext context)
        {
            context.Response.ContentType = "application/octet-stream";
            try { await context.Response.Body.WriteAsync(new byte[2]); }
            catch (IOException) { context.Response.StatusCode = 500; }
        }
    }

    private sealed class BrokenStream(Action onWrite) : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            onWrite();
            return base.WriteAsync(buffer, cancellationToken);
        }
    }
}

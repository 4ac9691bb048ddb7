using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Server.Routing;
using Realtime.Server.Routing.Polls;
using Realtime.Tests.Feed;
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
        _owners = OpenConnections.Owners(_time);
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
        var body = new Pipe();
        await body.Reader.CompleteAsync();
        var context = Context(throws ? PipeWriter.Create(new BrokenStream()) : body.Writer);
        var polls = new LongPolls(_answers);
        Assert.That(await polls.TryAnswerAsync(context, "token", AnswerAsync), Is.False);
        Assert.That(polls.AreLost("token"));
        Assert.That(
            await polls.TryAnswerAsync(new DefaultHttpContext(), "token", _ => throw new AssertionException("It was admitted.")), Is.False);
        Assert.That(polls.AreLost("other"), Is.False);
    }

    [Test]
    public async Task A_caller_that_leaves_with_the_whole_answer_has_it()
    {
        var body = new Pipe();
        var context = Context(body.Writer);
        var polls = new LongPolls(_answers);
        Assert.That(await polls.TryAnswerAsync(context, "token", async it =>
        {
            await AnswerAsync(it);
            it.RequestAborted = new CancellationToken(canceled: true);
        }));
        Assert.That((polls.AreLost("token"), _answers.Count), Is.EqualTo((false, 0)));
    }

    private static DefaultHttpContext Context(PipeWriter body)
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpResponseBodyFeature>(new PipeBody(body));
        return context;
    }

    /// <summary>Swallows a failure, as SignalR does.</summary>
    private static async Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = 2;
        try { await context.Response.Body.WriteAsync(new byte[2]); }
        catch (IOException) { context.Response.StatusCode = 500; }
    }

    private sealed class PipeBody(PipeWriter writer) : IHttpResponseBodyFeature
    {
        public Stream Stream { get; } = writer.AsStream();

        public PipeWriter Writer => writer;

        public void DisableBuffering() { }

        public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task CompleteAsync() => Task.CompletedTask;
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("reset by peer");
    }
}

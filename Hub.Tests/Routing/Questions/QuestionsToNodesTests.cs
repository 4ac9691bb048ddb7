using System.Net;
using System.Text;
using Realtime.Server.Node;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Routing.Questions;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing.Questions;

/// <summary>What a node makes of the answers of others, and which of them it does not ask.</summary>
internal sealed class QuestionsToNodesTests
{
    private static readonly byte[] Key = [.. Enumerable.Repeat((byte)7, 64)];

    [TestCase(0, null)]
    [TestCase(1, SilentNode.NoAnswer)]
    public async Task An_answer_may_have_so_many_bytes(int more, string? reason)
    {
        var answer = Encoding.ASCII.GetBytes("{}".PadRight(QuestionsToNodes.MaxAnswerBytes + more));
        var (answers, silent) = await AskAsync(NodeVersions.Current, () => new(HttpStatusCode.OK) { Content = Json(answer) });
        Assert.That((answers, silent), Is.EqualTo((reason is null ? 1 : 0, reason)));
    }

    [TestCase(HttpStatusCode.NotFound, SilentNode.TooOld)]
    [TestCase(HttpStatusCode.InternalServerError, SilentNode.NoAnswer)]
    public async Task A_node_that_does_not_know_the_question_is_too_old_and_one_that_fails_gives_no_answer(
        HttpStatusCode status, string reason) =>
        Assert.That(await AskAsync(NodeVersions.Current, () => new(status)), Is.EqualTo((0, reason)));

    [Test]
    public async Task A_node_of_a_version_before_questions_is_not_asked() => Assert.That(
        await AskAsync(NodeVersions.Questions - 1, () => throw new AssertionException("It was asked.")),
        Is.EqualTo((0, SilentNode.TooOld)));

    private static async Task<(int Answers, string? Silent)> AskAsync(int version, Func<HttpResponseMessage> answer)
    {
        var time = new ManualTime();
        var directory = new NodeDirectory(time);
        var other = new ListedNode(new Uri("http://127.0.0.1:1"), version);
        await directory.UpdateAsync(() => Task.FromResult(new NodeList(
            Key, new Dictionary<string, ListedNode> { [NodeId.New()] = other }, version, time.GetUtcNow())));
        using var nodes = new HttpMessageInvoker(new Answering(answer));
        var (answers, silent) = await new QuestionsToNodes(new ThisNode(), directory, nodes, time).AskOthersAsync("q", new { }, default);
        return (answers.Count, silent.SingleOrDefault()?.Reason);
    }

    private static ByteArrayContent Json(byte[] body) => new(body) { Headers = { ContentType = new("application/json") } };

    private sealed class Answering(Func<HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(answer());
    }
}

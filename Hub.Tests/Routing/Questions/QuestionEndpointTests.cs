using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Realtime.Server.Node;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Routing.Questions;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing.Questions;

/// <summary>Which questions a node answers: those of nodes, to itself, asked now, that it knows.</summary>
internal sealed class QuestionEndpointTests
{
    private const string Body = """{"question":"echo","arguments":{"text":"hi"}}""";

    private static readonly byte[] Key = [.. Enumerable.Repeat((byte)7, 64)];

    private readonly ManualTime _time = new();
    private readonly ThisNode _node = new();
    private QuestionEndpoint _endpoint = null!;

    // By Redis's clock, which is an hour ahead of this machine's.
    private long Now => (_time.GetUtcNow() + TimeSpan.FromHours(1)).ToUnixTimeSeconds();

    [SetUp]
    public async Task BeginAsync()
    {
        var directory = new NodeDirectory(_time);
        var list = new NodeList(
            Key, new Dictionary<string, ListedNode>(), NodeVersions.Current, DateTimeOffset.FromUnixTimeSeconds(Now));
        await directory.UpdateAsync(() => Task.FromResult(list));
        _endpoint = new(_node, directory, [new Echo()]);
    }

    [Test]
    public async Task A_question_of_a_node_is_answered() =>
        Assert.That(await AskAsync(_node.Id, Now, Body), Is.EqualTo((200, """{"text":"hi"}""")));

    [TestCase(-31)]
    [TestCase(31)]
    public async Task One_from_another_time_is_not(int seconds) =>
        Assert.That((await AskAsync(_node.Id, Now + seconds, Body)).Status, Is.EqualTo(404));

    [Test]
    public async Task One_to_another_node_is_not() => Assert.That((await AskAsync(NodeId.New(), Now, Body)).Status, Is.EqualTo(404));

    [Test]
    public async Task One_whose_body_or_time_was_changed_is_not()
    {
        Assert.That((await AskAsync(_node.Id, Now, Body, sent: Body.Replace("hi", "ho", StringComparison.Ordinal))).Status, Is.EqualTo(404));
        Assert.That((await AskAsync(_node.Id, Now, Body, sentAt: Now + 1)).Status, Is.EqualTo(404));
    }

    [TestCase("""{"question":"of a later version","arguments":{}}""")]
    [TestCase("""{"question":"echo","arguments":""")]
    [TestCase("null")]
    [TestCase("")]
    public async Task One_that_it_does_not_know_is_not(string body) =>
        Assert.That((await AskAsync(_node.Id, Now, body)).Status, Is.EqualTo(404));

    [TestCase(0, 200)]
    [TestCase(1, 404)]
    public async Task One_may_have_so_many_bytes(int more, int status)
    {
        var padded = Body.PadRight(QuestionFormat.MaxQuestionBytes + more);
        Assert.That((await AskAsync(_node.Id, Now, padded)).Status, Is.EqualTo(status));
    }

    private async Task<(int Status, string Text)> AskAsync(string node, long at, string body, string? sent = null, long? sentAt = null)
    {
        var time = at.ToString(CultureInfo.InvariantCulture);
        using var answer = new MemoryStream();
        var context = new DefaultHttpContext();
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(sent ?? body));
        context.Request.QueryString = new($"?{QuestionFormat.At}={sentAt?.ToString(CultureInfo.InvariantCulture) ?? time}");
        context.Response.Body = answer;
        await _endpoint.AnswerAsync(context, Signature.Of(Key, QuestionFormat.Marked(node, time, body)));
        return (context.Response.StatusCode, Encoding.UTF8.GetString(answer.ToArray()));
    }

    private sealed class Echo : INodeAnswer
    {
        public string Question => "echo";

        public ValueTask<object> AnswerAsync(JsonElement arguments, CancellationToken cancel) => new(arguments);
    }
}

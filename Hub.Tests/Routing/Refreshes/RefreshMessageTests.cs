using Realtime.Server.Feed;
using Realtime.Server.Notifications;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Routing.Refreshes;
using Realtime.Server.Security;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing.Refreshes;

/// <summary>What nodes accept of each other's requests to refresh a connection.</summary>
internal sealed class RefreshMessageTests
{
    private const string Node = "0123456789abcdef", Nonce = "a-nonce";

    private static readonly byte[] Key = [.. Enumerable.Repeat((byte)7, 64)];
    private static readonly byte[] OtherKey = [.. Enumerable.Repeat((byte)8, 64)];

    private readonly ManualTime _time = new();
    private readonly List<string> _carriedOut = [];
    private NodeDirectory _directory = null!;
    private ReceivedRefreshes _received = null!;

    private DateTimeOffset Now => _time.GetUtcNow() + TimeSpan.FromHours(1);

    // Redis's clock is an hour ahead of this machine's.
    [SetUp]
    public async Task StartAsync()
    {
        _carriedOut.Clear();
        _directory = new(_time);
        var list = new NodeList(Key, new Dictionary<string, ListedNode>(), NodeVersions.Current, Now);
        await _directory.UpdateAsync(() => Task.FromResult(list));
        _received = new(_directory);
    }

    [Test]
    public void A_request_is_read_as_it_was_written()
    {
        var caller = new Caller(
            "é 😀 \"", Topic.AllOf("é 😀 \"", ["west", "a b"]), new(2026, 12, 2, 3, 4, 5, 678, TimeSpan.Zero), IsPublisher: true,
            IsAdmin: true)
        {
            GroupsAreUnknown = true,
            IssuedAt = new(2026, 12, 2, 3, 0, 0, TimeSpan.Zero),
        };
        var request = RefreshRequest.ForConnection("id", "/hubs/orders", caller) with { Node = Node, Nonce = Nonce, At = 5 };
        Assert.That(RefreshMessages.TryRead(RefreshMessages.Write(request, Key), Key, out var read));
        var again = read!.ToCaller();
        Assert.That(again with { Topics = [] }, Is.EqualTo(caller with { Topics = [] }));
        Assert.That(again.Topics, Is.EqualTo(caller.Topics));
        Assert.That((read.Connection, read.Hub, read.Session, read.At), Is.EqualTo(("id", "/hubs/orders", (string?)null, 5L)));
    }

    [Test]
    public void A_hundred_of_the_longest_groups_fit_into_a_message()
    {
        var groups = Enumerable.Range(0, 100).Select(n => new string('"', 120) + n).ToArray();
        var caller = new Caller("alice", Topic.AllOf("alice", groups), DateTimeOffset.MaxValue, IsPublisher: false, IsAdmin: false);
        var message = RefreshMessages.Write(RefreshRequest.ForSession("session", caller), Key);
        Assert.That(RefreshMessages.TryRead(message, Key, out var read));
        Assert.That(read!.Groups, Is.EqualTo(groups));
    }

    [Test]
    public void What_no_node_has_signed_is_passed_over()
    {
        var message = RefreshMessages.Write(Request(), Key);
        var changed = message.Replace("alice", "alicf", StringComparison.Ordinal);
        foreach (var forged in new[]
        {
            RefreshMessages.Write(Request(), OtherKey), changed, message[1..], message[message.IndexOf(' ', StringComparison.Ordinal)..],
            message + " ", "", " ", "{}", null,
        })
            Assert.That(RefreshMessages.TryRead(forged, Key, out _), Is.False, forged);
    }

    [Test]
    public void An_answer_is_no_request_and_a_request_is_no_answer()
    {
        var (request, answer) = (
            RefreshMessages.Write(Request(), Key), RefreshMessages.WriteAnswer(Nonce, Node, RefreshResult.Refreshed, Key));
        Assert.That(RefreshMessages.TryRead(answer, Key, out _), Is.False);
        Assert.That(RefreshMessages.TryReadAnswer(request, Key, out _), Is.False);
        Assert.That(RefreshMessages.TryReadAnswer(answer, OtherKey, out _), Is.False);
        Assert.That(RefreshMessages.TryReadAnswer(answer.Replace("refreshed", "none", StringComparison.Ordinal), Key, out _), Is.False);
    }

    [TestCaseSource(nameof(Results))]
    public void An_answer_is_read_as_it_was_written(RefreshResult result)
    {
        Assert.That(RefreshMessages.TryReadAnswer(RefreshMessages.WriteAnswer(Nonce, Node, result, Key), Key, out var answer));
        Assert.That(answer, Is.EqualTo((Nonce, Node, result)));
    }

    [TestCase(1_000, true)]
    [TestCase(1_001, false, TestName = "Too late")]
    [TestCase(-4_000, true)]
    [TestCase(-4_001, false, TestName = "From a clock that is ahead")]
    public void A_request_is_carried_out_within_a_second_by_the_clock_of_Redis(int age, bool isValid)
    {
        var request = Request() with { At = Now.ToUnixTimeMilliseconds() };
        _time.Advance(TimeSpan.FromMilliseconds(Math.Max(0, age)));
        if (age < 0) request = request with { At = request.At - age };
        Assert.That(Take(request), isValid ? Is.EqualTo(RefreshResult.Refreshed) : Is.Null);
        Assert.That(_carriedOut, Has.Count.EqualTo(isValid ? 1 : 0));
    }

    [Test]
    public void A_request_that_comes_twice_is_carried_out_once_and_answered_twice()
    {
        var request = Request();
        Assert.That(Take(request), Is.EqualTo(RefreshResult.Refreshed));
        Assert.That(Take(request), Is.EqualTo(RefreshResult.Refreshed));
        Assert.That(Take(Request("another")), Is.EqualTo(RefreshResult.Refreshed));
        Assert.That(_carriedOut, Is.EqualTo([Nonce, "another"]));
    }

    [Test]
    public void A_request_that_is_replayed_later_changes_nothing()
    {
        var request = Request() with { At = Now.ToUnixTimeMilliseconds() + 4_000 };
        Assert.That(Take(request), Is.EqualTo(RefreshResult.Refreshed));
        for (var second = 0; second < 12; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Take(request);
            Take(Request($"{second}"));
        }
        Assert.That(_carriedOut.Count(nonce => nonce == Nonce), Is.EqualTo(1));
    }

    [Test]
    public void Beyond_the_number_that_is_remembered_none_is_carried_out_until_the_oldest_is_too_old()
    {
        for (var i = 0; i < ReceivedRefreshes.MaxRemembered; i++) Take(Request($"{i}"));
        Assert.That(Take(Request("one too many")), Is.Null);
        _time.Advance(ReceivedRefreshes.MaxAge + ReceivedRefreshes.ClockTolerance + TimeSpan.FromMilliseconds(1));
        Assert.That(Take(Request("later")), Is.EqualTo(RefreshResult.Refreshed));
    }

    [Test]
    public void What_a_request_may_take_in_all_is_less_than_the_asking_node_waits() => Assert.That(
        ReceivedRefreshes.MaxAge + FeedLimits.ChangePatience, Is.LessThan(RefreshThroughRedis.Patience));

    [Test]
    public Task A_connections_question_is_answered_by_the_first_node_that_has_it() => AssertAnsweredByTheLastAsync(
        new RefreshQuestion(["a", "b", "c"], isForAll: false), RefreshResult.Refreshed,
        ("a", RefreshResult.NotFound), ("stranger", RefreshResult.Refreshed), ("b", RefreshResult.Refreshed));

    [Test]
    public async Task No_node_has_it_only_when_all_have_said_so()
    {
        await AssertAnsweredByTheLastAsync(
            new RefreshQuestion(["a", "b"], isForAll: false), RefreshResult.NotFound,
            ("a", RefreshResult.NotFound), ("a", RefreshResult.NotFound), ("b", RefreshResult.NotFound));
        Assert.That(await new RefreshQuestion([], isForAll: false).Answer, Is.EqualTo(RefreshResult.NotFound));
    }

    [Test]
    public Task A_sessions_question_waits_for_all_nodes_and_one_failure_is_a_failure() => AssertAnsweredByTheLastAsync(
        new RefreshQuestion(["a", "b", "c"], isForAll: true), RefreshResult.Failed,
        ("a", RefreshResult.Failed), ("b", RefreshResult.Refreshed), ("c", RefreshResult.NotFound));

    private static async Task AssertAnsweredByTheLastAsync(
        RefreshQuestion question, RefreshResult expected, params (string Node, RefreshResult Result)[] answers)
    {
        foreach (var (node, result) in answers[..^1]) question.Add(node, result);
        Assert.That(question.Answer.IsCompleted, Is.False);
        question.Add(answers[^1].Node, answers[^1].Result);
        Assert.That(await question.Answer, Is.EqualTo(expected));
    }

    private static RefreshResult[] Results() => Enum.GetValues<RefreshResult>();

    private RefreshRequest Request(string nonce = Nonce)
    {
        var caller = new Caller("alice", Topic.AllOf("alice", []), _time.GetUtcNow(), IsPublisher: false, IsAdmin: false);
        return RefreshRequest.ForConnection("id", "/hubs/orders", caller) with
        {
            Node = Node,
            Nonce = nonce,
            At = Now.ToUnixTimeMilliseconds(),
        };
    }

    private RefreshResult? Take(RefreshRequest request) => _received.Take(request, it =>
    {
        _carriedOut.Add(it.Nonce);
        return Task.FromResult(RefreshResult.Refreshed);
    })?.Result;
}

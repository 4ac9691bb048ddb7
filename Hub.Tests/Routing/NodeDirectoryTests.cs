using Realtime.Server.Routing.Nodes;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

[CancelAfter(30_000)]
internal sealed class NodeDirectoryTests
{
    private static readonly Uri Address = new("http://10.0.0.1:8080");

    private readonly ManualTime _time = new();
    private NodeDirectory _directory = null!;

    [SetUp]
    public void Start() => _directory = new NodeDirectory(_time);

    [Test]
    public async Task A_listed_node_is_found(CancellationToken cancel)
    {
        await ListAsync("a");
        Assert.That(await _directory.FindAsync("a", cancel), Is.EqualTo(Address));
    }

    [Test]
    public async Task A_node_that_is_listed_no_more_is_tried_for_ten_minutes(CancellationToken cancel)
    {
        await ListAsync("a");
        await ListAsync();
        _time.Advance(NodeDirectory.Memory);
        await ListAsync();
        Assert.That(await _directory.FindAsync("a", cancel), Is.EqualTo(Address));
        _time.Advance(TimeSpan.FromSeconds(1));
        await ListAsync();
        Assert.That(await FindAsync("a", cancel), Is.Null);
    }

    [Test]
    public async Task While_Redis_is_silent_nothing_ages(CancellationToken cancel)
    {
        await ListAsync("a");
        _time.Advance(TimeSpan.FromHours(1));
        await ListAsync();
        Assert.That(await _directory.FindAsync("a", cancel), Is.EqualTo(Address));
    }

    [Test]
    public async Task A_node_that_comes_back_into_the_list_starts_afresh(CancellationToken cancel)
    {
        await ListAsync("a");
        await ListAsync();
        _time.Advance(NodeDirectory.Memory);
        await ListAsync("a");
        _time.Advance(NodeDirectory.Memory);
        await ListAsync();
        Assert.That(await _directory.FindAsync("a", cancel), Is.EqualTo(Address));
    }

    [Test]
    public async Task A_node_that_joined_a_moment_ago_is_asked_for(CancellationToken cancel)
    {
        await ListAsync();
        var found = _directory.FindAsync("new", cancel).AsTask();
        await _directory.WaitForQuestionAsync(TimeSpan.FromSeconds(5), cancel);
        await ListAsync("new");
        Assert.That(await found, Is.EqualTo(Address));
    }

    [Test]
    public async Task An_answer_that_was_on_its_way_before_the_question_does_not_settle_it(CancellationToken cancel)
    {
        var old = new TaskCompletionSource<NodeList>();
        var updating = _directory.UpdateAsync(() => old.Task);
        var found = _directory.FindAsync("new", cancel).AsTask();
        old.SetResult(List());
        await updating;
        Assert.That(found.IsCompleted, Is.False);
        await ListAsync("new");
        Assert.That(await found, Is.EqualTo(Address));
    }

    [Test]
    public async Task An_unknown_node_is_not_waited_for_longer_than_a_second(CancellationToken cancel) =>
        Assert.That(await FindAsync("nobody", cancel), Is.Null);

    [Test]
    public async Task A_list_that_is_too_long_is_not_taken_whole(CancellationToken cancel)
    {
        await ListAsync([.. Enumerable.Range(0, NodeDirectory.MaxNodes + 1).Select(n => $"node {n}")]);
        var found = 0;
        for (var n = 0; n <= NodeDirectory.MaxNodes; n++) if (await FindAsync($"node {n}", cancel) is not null) found++;
        Assert.That(found, Is.EqualTo(NodeDirectory.MaxNodes));
    }

    [Test]
    public async Task A_failed_reading_leaves_what_is_known(CancellationToken cancel)
    {
        await ListAsync("a");
        Assert.That(
            async () => await _directory.UpdateAsync(() => throw new InvalidOperationException()), Throws.InvalidOperationException);
        Assert.That(await _directory.FindAsync("a", cancel), Is.EqualTo(Address));
        Assert.That(_directory.Registered.IsCompleted);
    }

    [Test]
    public async Task It_knows_the_version_of_each_node_and_the_least()
    {
        Assert.That(_directory.LeastVersion, Is.EqualTo(1), "before the list was read");
        await _directory.UpdateAsync(
            () => Task.FromResult(new NodeList([1], new Dictionary<string, ListedNode> { ["new"] = new(Address, 3) }, LeastVersion: 2)));
        Assert.That((_directory.LeastVersion, _directory.VersionOf("new"), _directory.VersionOf("unknown")), Is.EqualTo((2, 3, 1)));
    }

    [TestCase("2", 2)]
    [TestCase("3", 3)]
    [TestCase("", 1)]
    [TestCase("0", 1)]
    [TestCase("-2", 1)]
    [TestCase("two", 1)]
    [TestCase("99999999999", 1)]
    public void A_version_that_no_node_wrote_is_the_first(string text, int version) =>
        Assert.That(NodeVersions.Read(text), Is.EqualTo(version));

    [TestCase("a", true)]
    [TestCase("", false)]
    public async Task A_node_is_looked_for_on_the_list_once_more(string listed, bool found)
    {
        await ListAsync("a");
        var looking = _directory.IsStillListedAsync("a");
        Assert.That(looking.IsCompleted, Is.False);
        await ListAsync(listed.Length > 0 ? [listed] : []);
        Assert.That(await looking, Is.EqualTo(found));
    }

    private async Task<Uri?> FindAsync(string id, CancellationToken cancel)
    {
        var found = _directory.FindAsync(id, cancel).AsTask();
        if (!found.IsCompleted) _time.Advance(TimeSpan.FromSeconds(1));
        return await found;
    }

    private Task ListAsync(params string[] ids) => _directory.UpdateAsync(() => Task.FromResult(List(ids)));

    private static NodeList List(params string[] ids) =>
        new([1], ids.ToDictionary(id => id, _ => new ListedNode(Address, NodeVersions.Current)), NodeVersions.Current);
}

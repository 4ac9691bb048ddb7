using System.Diagnostics;
using Realtime.Tests.Support;

namespace Realtime.Tests.Deploy;

/// <summary>What <c>deploy/test.sh</c> prints before it starts anything.</summary>
[CancelAfter(60_000)]
internal sealed class TestScriptTests
{
    [TestCase("--fast", null, "unknown option --fast")]
    [TestCase("--filter", null, "--filter needs an expression, such as \"FullyQualifiedName~Redis\"")]
    [TestCase("--release", "docker", "HUB_TEST_REDIS is \"docker\": set it to container or process, or unset it")]
    public async Task A_wrong_option_or_variable_is_refused_with_what_it_may_be(string option, string? redis, string reason)
    {
        var start = new ProcessStartInfo(Requires.Command("bash"), [Repository.PathOf("deploy/test.sh"), option]);
        start.Environment["HUB_TEST_REDIS"] = redis;
        using var script = ChildProcess.Start(start);
        Assert.That(await script.ExitAsync(TimeSpan.FromSeconds(20)), Is.EqualTo(2));
        Assert.That(script.Output, Does.Contain($"test.sh: {reason}"));
    }

    [TestCase("test.sh", "HUB_TEST_REDIS=container|process")]
    [TestCase("test-engine.sh", "DOCKER_HOST=unix://FOLDER/docker.sock")]
    [TestCase("test-image.sh", "HUB_TEST_REDIS_IMAGE=hub-test-redis")]
    public async Task Help_tells_what_decides_where_Redis_runs(string file, string text)
    {
        var start = new ProcessStartInfo(Requires.Command("bash"), [Repository.PathOf($"deploy/{file}"), "--help"]);
        using var script = ChildProcess.Start(start);
        Assert.That(await script.ExitAsync(TimeSpan.FromSeconds(20)), Is.Zero);
        Assert.That(script.Output, Does.Contain(text));
    }
}

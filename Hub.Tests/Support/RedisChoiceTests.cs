using System.Net;
using Docker.DotNet;
using DotNet.Testcontainers.Builders;

namespace Realtime.Tests.Support;

/// <summary>The messages on machines where tests cannot get the Redis that they need.</summary>
internal sealed class RedisChoiceTests
{
    [TestCase("container", ExpectedResult = RedisHost.Container)]
    [TestCase("process", ExpectedResult = RedisHost.Process)]
    public RedisHost It_is_decided_by_hand(string value) => RedisServers.Parse(value);

    [Test]
    public void Another_decision_is_refused_with_what_it_may_be() => Assert.That(
        () => RedisServers.Parse("docker"),
        Throws.TypeOf<AssertionException>().With.Message.EndsWith("is \"docker\": set it to container or process, or unset it"));

    // The first is what Docker 20.10 answered to Testcontainers, wrapped as Testcontainers does it.
    [TestCase("client version 1.44 is too new. Maximum supported API version is 1.41", "1.41")]
    [TestCase("client version 1.41 is too old. Minimum supported API version is 1.44, please upgrade your client", "1.44")]
    public void An_engine_of_another_version_is_told_from_none(string refusal, string version)
    {
        var unavailable = new DockerUnavailableException("Docker is not running.", new AggregateException(Refusal(refusal)));
        Assert.That(ContainerEngine.Explain(unavailable, "unix:///run/docker.sock"), Does.Contain($"set DOCKER_API_VERSION={version}"));
    }

    [TestCase(null, "start Docker, or run deploy/test.sh")]
    [TestCase("unix:///nowhere.sock", "at DOCKER_HOST=unix:///nowhere.sock: start it, or unset DOCKER_HOST")]
    public void The_lack_of_an_engine_is_told_with_what_to_do(string? host, string advice) =>
        Assert.That(ContainerEngine.Explain(new DockerUnavailableException("Failed to connect."), host), Does.Contain(advice));

    [Test]
    public void The_lack_of_an_image_is_told_with_how_to_get_it() => Assert.That(
        ContainerEngine.ExplainImage("redis:7", Refusal("pull access denied")),
        Does.StartWith("the container engine cannot run redis:7 (").And.Contain("pull access denied").And.Contain("deploy/test-image.sh"));

    private static DockerApiException Refusal(string message) => new(HttpStatusCode.BadRequest, $$"""{"message":"{{message}}"}""");
}

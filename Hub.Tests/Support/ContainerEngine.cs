using System.Text.RegularExpressions;
using Docker.DotNet;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using Microsoft.Extensions.Logging.Abstractions;

namespace Realtime.Tests.Support;

/// <summary>The container engine that Testcontainers finds on this machine, looked for once.</summary>
internal sealed partial class ContainerEngine
{
    private static readonly Lazy<Task<(ContainerEngine?, string)>> Found = new(FindAsync);

    private ContainerEngine(DockerClient client, bool hasBridge) => (Client, HasBridge) = (client, hasBridge);

    /// <summary>Redis's own image, unless <c>HUB_TEST_REDIS_IMAGE</c> names another one.</summary>
    public static string Image => Environment.GetEnvironmentVariable("HUB_TEST_REDIS_IMAGE") is { Length: > 0 } name ? name : "redis:7";

    /// <summary>For what Testcontainers does not offer, such as signals.</summary>
    public DockerClient Client { get; }

    /// <summary>Whether containers can have networks of their own. If not, they use the host's.</summary>
    public bool HasBridge { get; }

    /// <returns>An engine that has the image; or null, with what it lacks and what to do about it.</returns>
    public static Task<(ContainerEngine? Engine, string Lack)> FindOnceAsync() => Found.Value;

    /// <summary>What to do about an engine that Testcontainers could not use.</summary>
    internal static string Explain(Exception unavailable, string? host)
    {
        foreach (var reason in Causes(unavailable))
        {
            if (SupportedVersion().Match(reason.Message) is { Success: true } match)
                return "the container engine and Testcontainers speak different versions of Docker's API: "
                    + $"set DOCKER_API_VERSION={match.Groups[1].Value}, which deploy/test.sh does, or update the engine";
        }
        return string.IsNullOrEmpty(host)
            ? "no container engine answers: start Docker, or run deploy/test.sh, which as root on Debian starts one for the run"
            : $"no container engine answers at DOCKER_HOST={host}: start it, or unset DOCKER_HOST";
    }

    private static IEnumerable<Exception> Causes(Exception? exception)
    {
        if (exception is null) return [];
        var inner = exception is AggregateException several ? several.InnerExceptions.SelectMany(Causes) : Causes(exception.InnerException);
        return inner.Prepend(exception);
    }

    /// <summary>What to do if the engine cannot start a container of an image.</summary>
    internal static string ExplainImage(string image, Exception failed) =>
        $"the container engine cannot run {image} ({failed.Message.TrimEnd('.', '\n')}): let it pull that image and testcontainers/ryuk, "
        + "or make one with deploy/test-image.sh NAME, then set HUB_TEST_REDIS_IMAGE=NAME and TESTCONTAINERS_RYUK_DISABLED=true";

    private static async Task<(ContainerEngine?, string)> FindAsync()
    {
        ContainerBuilder builder;
        try
        {
            builder = new ContainerBuilder(Image).WithLogger(NullLogger.Instance);
            builder.Build();
        }
        catch (DockerUnavailableException unavailable)
        {
            return (null, Explain(unavailable, Environment.GetEnvironmentVariable("DOCKER_HOST")));
        }
        var client = TestcontainersSettings.OS.DockerEndpointAuthConfig.GetDockerClientBuilder().Build();
        try
        {
            // Pulls the image, and starts what removes the containers of a run that was broken off.
            await using var first = builder.WithEntrypoint("redis-server").WithCommand(RedisInContainer.NoPort).Build();
            await first.StartAsync();
        }
        catch (Exception failed)
        {
            client.Dispose();
            return (null, ExplainImage(Image, failed));
        }
        var networks = await client.Networks.ListNetworksAsync();
        return (new(client, networks.Any(network => network.Name == "bridge")), "");
    }

    // Docker's words: "client version 1.44 is too new. Maximum supported API version is 1.41", or "too old" and "Minimum".
    [GeneratedRegex(@"(?:Minimum|Maximum) supported API version is (\d+\.\d+)")]
    private static partial Regex SupportedVersion();
}

namespace Realtime.Tests.Support;

/// <summary>What a Redis of the tests runs in.</summary>
internal enum RedisHost
{
    /// <summary>A container, made by Testcontainers.</summary>
    Container,

    /// <summary>A process of the installed <c>redis-server</c>.</summary>
    Process,
}

/// <summary>Starts Redis servers: in containers where an engine answers, else as processes.</summary>
internal static class RedisServers
{
    /// <summary>Decides by hand: <c>container</c> or <c>process</c>.</summary>
    private const string ByHand = "HUB_TEST_REDIS";

    /// <summary>Starts one with an append-only file that is synced before each answer, as the log needs it.</summary>
    /// <param name="options">Further ones, such as <c>--appendfsync everysec</c>; the last one of a name counts.</param>
    public static async Task<IRedisServer> StartAsync(params string[] options) => await StartAsync(await ChooseAsync(), options);

    /// <inheritdoc cref="StartAsync(string[])"/>
    public static async Task<IRedisServer> StartAsync(RedisHost host, params string[] options)
    {
        IRedisServer redis = host == RedisHost.Process
            ? new RedisProcess(OptionsFor(options))
            : new RedisInContainer(await Requires.ContainerEngineAsync(), OptionsFor(options), FreePort.Next());
        try
        {
            await redis.StartAgainAsync();
            return redis;
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }
    }

    /// <summary>Which one tests get that do not ask for one.</summary>
    public static async Task<RedisHost> ChooseAsync()
    {
        if (Environment.GetEnvironmentVariable(ByHand) is { Length: > 0 } byHand) return Parse(byHand);
        var (engine, lack) = await ContainerEngine.FindOnceAsync();
        // On CI the lack of an engine is a failure, so it is not made up for by processes.
        if (engine is not null || Requires.OnBuildServer) return RedisHost.Container;
        if (Requires.Find("redis-server") is null) Requires.Lacks($"{lack}; or install redis-server");
        return RedisHost.Process;
    }

    internal static RedisHost Parse(string byHand) => byHand switch
    {
        "container" => RedisHost.Container,
        "process" => RedisHost.Process,
        _ => throw new AssertionException($"{ByHand} is \"{byHand}\": set it to container or process, or unset it"),
    };

    /// <summary>The options of every server, then the given ones.</summary>
    public static IReadOnlyList<string> OptionsFor(params IEnumerable<string> options) =>
        ["--save", "", "--appendonly", "yes", "--appendfsync", "always", "--daemonize", "no", "--enable-debug-command", "yes", .. options];
}

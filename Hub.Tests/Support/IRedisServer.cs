using System.Globalization;
using System.Net.Sockets;
using StackExchange.Redis;

namespace Realtime.Tests.Support;

/// <summary>A real Redis for tests, with a port and data of its own: to be used, frozen, killed, and started again.</summary>
/// <remarks><see cref="RedisServers"/> starts one, in a container or as a process.</remarks>
internal interface IRedisServer : IAsyncDisposable
{
    /// <summary>On 127.0.0.1; the same after every start.</summary>
    int Port { get; }

    /// <summary>For <c>ConnectionStrings:Redis</c>.</summary>
    string ConnectionString => $"127.0.0.1:{Port}";

    /// <summary>Starts it on the data that it has. It may still be loading them.</summary>
    /// <param name="more">Further options for this start; the last one of a name counts.</param>
    Task LaunchAsync(params string[] more);

    /// <summary>Sends a signal without waiting for its effect.</summary>
    Task SendAsync(Signal signal);

    /// <summary>Sends a signal and waits for the end.</summary>
    Task EndAsync(Signal signal);

    Task<bool> HasEndedAsync();

    /// <summary>What it printed since it was started first.</summary>
    Task<string> OutputAsync();

    /// <summary>Copies its data on disk. It must not be running.</summary>
    Task BackUpAsync();

    /// <summary>Replaces its data by the last copy: what came after the copy is lost. It must not be running.</summary>
    Task RestoreAsync();

    /// <summary>Like <see cref="LaunchAsync"/>, and waits until it serves.</summary>
    async Task StartAgainAsync(params string[] more)
    {
        await LaunchAsync(more);
        await Eventually.True($"Redis on port {Port} answers", AnswersAsync, TimeSpan.FromSeconds(30));
    }

    /// <summary>SIGSTOP: it stands still, its connections stay open.</summary>
    Task FreezeAsync() => SendAsync(Signal.Stop);

    /// <summary>SIGCONT, after <see cref="FreezeAsync"/>.</summary>
    Task ThawAsync() => SendAsync(Signal.Continue);

    /// <summary>SIGKILL, also while it is frozen.</summary>
    Task KillAsync() => EndAsync(Signal.Kill);

    /// <summary>SIGTERM: Redis closes its files and ends.</summary>
    Task StopAsync() => EndAsync(Signal.Terminate);

    /// <summary>
    /// Sends one command over a connection of its own. An error is an exception; an array is given as its texts, flattened.
    /// </summary>
    async Task<IReadOnlyList<string>> AskAsync(params IEnumerable<string> command)
    {
        using var client = new TcpClient();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await client.ConnectAsync("127.0.0.1", Port, patience.Token);
        return await RedisTalk.AskAsync(client.GetStream(), command, patience.Token);
    }

    /// <summary>How often a command was called since the start, or since <c>CONFIG RESETSTAT</c>.</summary>
    /// <param name="command">In lower case.</param>
    async Task<int> CallsOfAsync(string command)
    {
        var lines = (await AskAsync("INFO", "commandstats"))[0].Split("\r\n");
        var line = lines.FirstOrDefault(line => line.StartsWith($"cmdstat_{command}:calls=", StringComparison.Ordinal));
        return line is null ? 0 : int.Parse(line.Split('=', ',')[1], CultureInfo.InvariantCulture);
    }

    /// <summary>Reads or corrupts the data, with the server's own client.</summary>
    async Task<T> AskAsync<T>(Func<IDatabase, Task<T>> ask)
    {
        using var link = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        return await ask(link.GetDatabase());
    }

    /// <summary>Shows what it printed if the test or the fixture that used it has failed. To be called before it is disposed of.</summary>
    static async Task PrintAfterFailureAsync(IRedisServer redis)
    {
        if (TestContext.CurrentContext.Result.FailCount == 0) return;
        await TestContext.Out.WriteLineAsync($"— Redis on port {redis.Port} —\n{await redis.OutputAsync()}");
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            return (await AskAsync("PING"))[0] == "PONG";
        }
        catch (RedisTalk.ErrorException error)
        {
            return error.Message.StartsWith("NOAUTH", StringComparison.Ordinal);
        }
        catch (Exception notYet) when (notYet is SocketException or IOException or OperationCanceledException)
        {
            if (await HasEndedAsync()) throw new AssertionException($"Redis ended:\n{await OutputAsync()}");
            return false;
        }
    }
}

using System.Text;
using Docker.DotNet.Models;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using Microsoft.Extensions.Logging.Abstractions;
using Testcontainers.Redis;

namespace Realtime.Tests.Support;

/// <summary>
/// A Redis in a container of its own. Its data stay in there: no folder is mounted, so no file of the host changes its owner.
/// </summary>
internal sealed class RedisInContainer : IRedisServer
{
    private const string ConfigurationFile = "/redis.conf";

    /// <summary>For a container that is there for something else than Redis.</summary>
    public static readonly string[] NoPort = ["--port", "0", "--unixsocket", "/redis.sock"];

    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(20);

    private readonly ContainerEngine _engine;
    private readonly IReadOnlyList<string> _options;
    private readonly IContainer? _network;
    private readonly IContainer _container;
    private string _data = "/data";
    private int _restored;
    private byte[] _backup = [];
    private bool _created;

    /// <param name="engine">Where the container runs.</param>
    /// <param name="options">As on the command line; see <see cref="RedisServers.OptionsFor"/>.</param>
    /// <param name="port">On 127.0.0.1.</param>
    /// <param name="network">The container whose network it shares. Null: it has its own, or the host's.</param>
    public RedisInContainer(ContainerEngine engine, IReadOnlyList<string> options, int port, IContainer? network = null)
    {
        (_engine, _options, _network, Port) = (engine, options, network, port);
        _container = Build();
    }

    public int Port { get; }

    private bool PublishesItself => _engine.HasBridge && _network is null;

    /// <summary>A network in which servers see each other at the addresses at which tests see them: 127.0.0.1 with these ports.</summary>
    /// <returns>A container that does nothing else; or null: they share the host's network.</returns>
    public static async Task<IContainer?> ShareNetworkAsync(ContainerEngine engine, IEnumerable<int> ports)
    {
        if (!engine.HasBridge) return null;
        var holder = Configure(new ContainerBuilder(ContainerEngine.Image), Publish(ports.Select(port => (port, port))))
            .WithCommand(NoPort).Build();
        await holder.StartAsync();
        return holder;
    }

    public async Task LaunchAsync(params string[] more)
    {
        // The configuration is a file because the command of a container cannot be changed.
        if (_created) await _container.CopyAsync(Configuration(more), ConfigurationFile);
        await _container.StartAsync();
        _created = true;
    }

    public Task SendAsync(Signal signal) => _engine.Client.Containers.KillContainerAsync(_container.Id, new ContainerKillParameters
    {
        Signal = signal switch
        {
            Signal.Terminate => "SIGTERM",
            Signal.Interrupt => "SIGINT",
            Signal.Kill => "SIGKILL",
            Signal.Stop => "SIGSTOP",
            Signal.Continue => "SIGCONT",
            _ => throw new ArgumentOutOfRangeException(nameof(signal)),
        },
    });

    public async Task EndAsync(Signal signal)
    {
        await SendAsync(signal);
        var end = _engine.Client.Containers.WaitContainerAsync(_container.Id);
        await Eventually.Ends($"the container of Redis on port {Port} ends", end, ExitLimit);
    }

    public async Task<bool> HasEndedAsync() =>
        (await _engine.Client.Containers.InspectContainerAsync(_container.Id)).State!.Running != true;

    public async Task<string> OutputAsync()
    {
        if (!_created) return "";
        var (output, errors) = await _container.GetLogsAsync(timestampsEnabled: false);
        return output + errors;
    }

    public async Task BackUpAsync()
    {
        var archive = await _engine.Client.Containers.GetArchiveFromContainerAsync(
            _container.Id, new() { Path = $"{_data}/." }, statOnly: false);
        await using var stream = archive.Stream!;
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        _backup = copy.ToArray();
    }

    public async Task RestoreAsync()
    {
        // Into another folder, because nothing can be deleted in a container that does not run.
        _data = $"/data/restored-{++_restored}";
        await _container.CopyAsync([], $"{_data}/made");
        using var archive = new MemoryStream(_backup);
        await _engine.Client.Containers.ExtractArchiveToContainerAsync(_container.Id, new() { Path = _data }, archive);
    }

    public async ValueTask DisposeAsync()
    {
        await IRedisServer.PrintAfterFailureAsync(this);
        await _container.DisposeAsync();
    }

    private IContainer Build()
    {
        if (PublishesItself)
        {
            var redis = new RedisBuilder(ContainerEngine.Image).WithPortBinding(Port, RedisBuilder.RedisPort);
            return WithFile(Configure(redis, Publish((RedisBuilder.RedisPort, Port)))).Build();
        }
        // Not RedisBuilder, which waits for a port of its own to be published.
        var network = _network is null ? "host" : $"container:{_network.Id}";
        var alone = new ContainerBuilder(ContainerEngine.Image);
        return WithFile(Configure(alone, create => create.HostConfig!.NetworkMode = network)).Build();
    }

    private TBuilder WithFile<TBuilder, TContainer, TConfiguration>(IContainerBuilder<TBuilder, TContainer, TConfiguration> builder)
        where TBuilder : IContainerBuilder<TBuilder, TContainer, TConfiguration>
        where TContainer : IContainer
        where TConfiguration : IContainerConfiguration =>
        builder.WithResourceMapping(Configuration([]), FilePath.Of(ConfigurationFile)).WithCommand(ConfigurationFile);

    /// <summary>
    /// What all containers here have in common: no script of the image before Redis, no waiting but ours, no log on the console.
    /// </summary>
    private static TBuilder Configure<TBuilder, TContainer, TConfiguration>(
        IContainerBuilder<TBuilder, TContainer, TConfiguration> builder, Action<CreateContainerParameters> configure)
        where TBuilder : IContainerBuilder<TBuilder, TContainer, TConfiguration>
        where TContainer : IContainer
        where TConfiguration : IContainerConfiguration =>
        builder.WithEntrypoint("redis-server").WithWaitStrategy(Wait.ForUnixContainer()).WithLogger(NullLogger.Instance)
            .WithCreateParameterModifier(configure);

    /// <summary>On 127.0.0.1 only, which Testcontainers itself cannot say.</summary>
    private static Action<CreateContainerParameters> Publish(params IEnumerable<(int Inside, int Outside)> ports) => create =>
    {
        create.ExposedPorts = ports.ToDictionary(port => $"{port.Inside}/tcp", _ => default(EmptyStruct));
        create.HostConfig!.PortBindings = ports.ToDictionary(
            port => $"{port.Inside}/tcp",
            IList<PortBinding> (port) => [new PortBinding { HostIP = "127.0.0.1", HostPort = $"{port.Outside}" }]);
    };

    private byte[] Configuration(string[] more)
    {
        string[] own =
        [
            "--port", $"{(PublishesItself ? RedisBuilder.RedisPort : Port)}", "--dir", _data, "--protected-mode", "no",
            // In a network of its own only what is published can be reached.
            "--bind", _engine.HasBridge ? "0.0.0.0" : "127.0.0.1",
        ];
        var lines = own.Concat(_options).Concat(more)
            .Select(part => part.StartsWith("--", StringComparison.Ordinal) ? $"\n{part[2..]}" : $" \"{part}\"");
        return Encoding.UTF8.GetBytes(string.Concat(lines) + "\n");
    }
}

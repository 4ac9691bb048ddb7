using Realtime.Client;
using Realtime.Tests.Conventions;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client.Waking;

/// <summary>
/// A program that the system stops for a while, as a laptop's sleep does, and whose connection dies meanwhile. In the end it exits.
/// </summary>
internal sealed class StoppedProgramTests : OrderFeedFixture
{
    [Test, CancelAfter(240_000)]
    public async Task A_program_that_was_stopped_is_live_again_at_once_and_saves_its_position_when_it_exits(CancellationToken cancel) =>
        await StopForAsync(FeedLimits.SleptAfter + 3 * FeedLimits.Tick, [Transport.WebSockets], cancel);

    [Test, Category("Campaign"), CancelAfter(400_000)]
    public async Task A_program_that_was_stopped_for_90_s_is_live_within_3_s(CancellationToken cancel)
    {
        Requires.Campaigns();
        var took = await StopForAsync(TimeSpan.FromSeconds(90), Enum.GetValues<Transport>(), cancel);
        Assert.That(took, Is.LessThan(TimeSpan.FromSeconds(3)));
    }

    /// <summary>Stops a program with a feed on each transport.</summary>
    /// <returns>How long all of them together took to be live again, with what was published meanwhile.</returns>
    private async Task<TimeSpan> StopForAsync(TimeSpan time, Transport[] transports, CancellationToken cancel)
    {
        Requires.Signals();
        var file = Path.Combine(Path.GetTempPath(), $"hub-cursor-{Guid.NewGuid():N}");
        await using var way = new BrokenWay(Server.Port);
        using var project = await ConsoleProject.BuildAsync(
            new Dictionary<string, string> { ["Program.cs"] = Program(way.Address, Tokens.For(User), transports, file) }, cancel);
        using var program = project.Start();
        await Eventually.True(
            "all feeds are live", () => transports.All(transport => program.Output.Contains($"{transport} Live")), cancel);
        program.Send(Signal.Stop);
        way.Break();
        await Server.PublishAsync(User, "order-1", cancel);
        await Task.Delay(time, TimeProvider.System, cancel);
        var woke = TimeProvider.System.GetTimestamp();
        program.Send(Signal.Continue);
        await Eventually.True("all feeds have gone on", () => transports.All(transport => IsBack(program.Output, transport)),
            FeedLimits.Silence / 2, cancel);
        var took = TimeProvider.System.GetElapsedTime(woke);
        await SavesAtExitAsync(program, transports, file, cancel);
        TestContext.Out.WriteLine($"Live after {took.TotalSeconds:0.0} s.\n{program.Output}");
        return took;
    }

    private async Task SavesAtExitAsync(ChildProcess program, Transport[] transports, string file, CancellationToken cancel)
    {
        await Server.PublishAsync(User, "order-2", cancel);
        await Eventually.True(
            "all have the next order", () => transports.All(transport => program.Output.Contains($"{transport} order-2")), cancel);
        await Server.PublishAsync(User, "the-end", cancel);
        await program.ExitAsync(TimeSpan.FromSeconds(30), cancel);
        var line = program.Output.Split('\n').Single(text => text.StartsWith($"{transports[0]} order-2 ", StringComparison.Ordinal));
        Assert.That(await File.ReadAllTextAsync(file, cancel), Is.EqualTo(line.Split(' ')[2]), program.Output);
        File.Delete(file);
    }

    private static bool IsBack(string output, Transport transport) =>
        output.Contains($"{transport} order-1") && output[output.LastIndexOf($"{transport} order-1", StringComparison.Ordinal)..].Contains(
            $"{transport} Live");

    private static string Program(Uri server, string token, Transport[] transports, string file) => $$"""
        using Realtime.Client;

        await Task.WhenAll(new[] { {{string.Join(", ", transports.Select(transport => $"Transport.{transport}"))}} }.Select(ReadAsync));

        static async Task ReadAsync(Transport transport)
        {
            await using var feed = await OrderFeed.ConnectAsync(new()
            {
                Server = new("{{server}}"),
                Token = _ => new("{{token}}"),
                Transports = [transport],
                CursorStore = transport == Transport.{{transports[0]}} ? new SlowStore() : null,
                OnStateChanged = state => Console.WriteLine($"{transport} {state.Phase} {state.Reason}"),
                ConfigureHandler = handler =>
                {
                    handler.UseProxy = false;
                    return handler;
                },
            });
            await foreach (var order in feed.ReadAllAsync())
            {
                if (order.OrderId == "the-end" && transport == Transport.{{transports[0]}}) Environment.Exit(0);
                Console.WriteLine($"{transport} {order.OrderId} {order.Cursor}");
            }
        }

        class SlowStore : ICursorStore
        {
            public ValueTask<string?> LoadAsync(CursorKey key, CancellationToken cancel) => default;

            // Longer than the program lives after its last order.
            public async ValueTask SaveAsync(CursorKey key, string cursor, CancellationToken cancel)
            {
                await Task.Delay(1000, cancel);
                await File.WriteAllTextAsync("{{file}}", cursor, cancel);
            }
        }
        """;
}

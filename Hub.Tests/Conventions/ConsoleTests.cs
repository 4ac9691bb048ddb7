using System.Text.Json;

namespace Realtime.Tests.Conventions;

/// <summary>What a program needs that uses <c>Hub.Client</c>.</summary>
[CancelAfter(240_000)]
internal sealed class ConsoleTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Test]
    public async Task A_console_that_uses_the_client_needs_the_base_framework_alone(CancellationToken cancel)
    {
        using var project = await ConsoleProject.BuildAsync(new Dictionary<string, string>
        {
            ["Program.cs"] = """
                using Realtime.Client;

                try
                {
                    // The address and the token are checked first; then the client's own assemblies are needed.
                    using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
                    await OrderFeed.ConnectAsync(new() { Server = new("http://127.0.0.1:1"), Token = _ => new("token") }, soon.Token);
                }
                catch (OperationCanceledException)
                {
                    Console.WriteLine("tried");
                }
                """,
        }, cancel);

        var file = Path.Combine(project.Folder, "out", "Program.runtimeconfig.json");
        using var runtime = JsonDocument.Parse(await File.ReadAllTextAsync(file, cancel));
        var options = runtime.RootElement.GetProperty("runtimeOptions");
        Assert.That(options.TryGetProperty("frameworks", out _), Is.False, "more than one framework");
        Assert.That(options.GetProperty("framework").GetProperty("name").GetString(), Is.EqualTo("Microsoft.NETCore.App"));
        using var program = project.Start();
        Assert.That(await program.ExitAsync(Limit, cancel), Is.Zero, program.Output);
        Assert.That(program.Output, Is.EqualTo("tried"));
    }
}

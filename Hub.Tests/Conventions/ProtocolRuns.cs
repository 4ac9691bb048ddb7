using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>The commands of docs/PROTOCOL.md, typed one after the other against a new server, print what the page shows.</summary>
[CancelAfter(240_000)]
internal sealed class ProtocolRuns
{
    private static readonly Document Protocol = new("docs/PROTOCOL.md");

    /// <summary>Blocks that show something without a command before them; <see cref="ProtocolTests"/> reads them.</summary>
    private static readonly string[] OnlyShown = ["items"];

    [Test]
    public async Task Its_commands_print_what_it_shows(CancellationToken cancel)
    {
        await using var server = await ServerProcess.StartAsync(cancel: cancel);
        using var bash = new BashSession();
        var blocks = Protocol.Blocks.Where(block => !OnlyShown.Contains(block.Name)).ToList();
        var seen = 0;
        foreach (var block in blocks)
        {
            if (block.Language == "bash")
            {
                seen = bash.Output.Length;
                await bash.RunAsync(block.Text.Replace("localhost:5080", server.Address.Authority, StringComparison.Ordinal), cancel);
                continue;
            }
            var (from, shape) = (seen, Document.Shape(block.Text.TrimEnd('\n')));
            await bash.ShowsAsync($"'{block.Name}' is printed", output => shape.IsMatch(output[from..]), cancel);
        }
        Assert.That(blocks.Where(block => block.Language == "bash"), Has.Exactly(8).Items);
    }

    [Test]
    public void Every_block_has_a_name() => Assert.That(Protocol.Blocks.Where(block => block.Name == ""), Is.Empty);
}

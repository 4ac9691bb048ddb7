using System.Diagnostics;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>A bash into which commands are typed, one block after the other.</summary>
internal sealed class BashSession : IDisposable
{
    private readonly ChildProcess _bash;
    private readonly TimeSpan _limit;
    private int _blocks;

    /// <param name="limit">How long one block may take. Default: 60 s.</param>
    public BashSession(TimeSpan? limit = null)
    {
        _limit = limit ?? TimeSpan.FromSeconds(60);
        var start = new ProcessStartInfo(Requires.Command("bash"), ["-s"]);
        start.Environment["no_proxy"] = "*";
        _bash = ChildProcess.Start(start, keepInput: true);
    }

    /// <summary>All that was printed so far, also by what runs in the background.</summary>
    public string Output => _bash.Output;

    /// <summary>Runs a block to its end, which must be a good one.</summary>
    public async Task RunAsync(string block, CancellationToken cancel)
    {
        var mark = $"-- block {++_blocks} ended with ";
        // What ends without a line end, as curl's output may, is ended first.
        await TypeAsync($"{block}\nprintf '\\n%s%s\\n' '{mark}' $?");
        await ShowsAsync($"this has ended: {block}", _ => LineOf(mark) is not null, cancel);
        Assert.That(LineOf(mark), Is.EqualTo(mark + "0"), $"{block}\n{Output}");
    }

    /// <summary>Begins a block that does not end by itself.</summary>
    public Task TypeAsync(string block) => _bash.WriteLineAsync(block);

    /// <summary>Waits until what was printed is so; if it does not get so, it is in the failure.</summary>
    public async Task ShowsAsync(string reason, Func<string, bool> condition, CancellationToken cancel)
    {
        try
        {
            await Eventually.True(reason, () => condition(Output), _limit, cancel);
        }
        catch (AssertionException failure)
        {
            throw new AssertionException($"{failure.Message}\n{Output}", failure);
        }
    }

    public void Dispose() => _bash.Dispose();

    private string? LineOf(string mark) => Output.Split('\n').FirstOrDefault(line => line.StartsWith(mark, StringComparison.Ordinal));
}

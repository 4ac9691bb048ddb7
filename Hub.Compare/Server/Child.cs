using System.Diagnostics;

namespace Realtime.Compare.Server;

/// <summary>A program in a separate process. Its output is kept for error messages; the process is killed at the end.</summary>
internal sealed class Child : IDisposable
{
    private const int LinesKept = 200;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    private readonly string _name;
    private readonly Queue<string> _output = [];   // guarded by itself

    /// <param name="name">The name in error messages.</param>
    public Child(string name, ProcessStartInfo start)
    {
        _name = name;
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        Process = new() { StartInfo = start };
        Process.OutputDataReceived += (_, line) => Keep(line.Data);
        Process.ErrorDataReceived += (_, line) => Keep(line.Data);
        Process.Start();
        Process.BeginOutputReadLine();
        Process.BeginErrorReadLine();
    }

    public Process Process { get; }

    /// <exception cref="InvalidOperationException">The program did not become ready; the message contains its output.</exception>
    public async Task ReadyAsync(Func<CancellationToken, Task<bool>> isReady, TimeProvider time, CancellationToken cancel)
    {
        for (var start = time.GetTimestamp(); time.GetElapsedTime(start) < StartLimit; await Task.Delay(AskEvery, time, cancel))
        {
            if (Process.HasExited)
                throw new InvalidOperationException($"{_name} ended with {Process.ExitCode} instead of getting ready:\n{Output()}");
            if (await isReady(cancel)) return;
        }
        throw new InvalidOperationException($"{_name} was not ready within {StartLimit.TotalSeconds:0} s:\n{Output()}");
    }

    public void Dispose()
    {
        if (!Process.HasExited) Process.Kill(entireProcessTree: true);
        Process.WaitForExit(EndLimit);
        Process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_output)
        {
            _output.Enqueue(line);
            if (_output.Count > LinesKept) _output.Dequeue();
        }
    }

    private string Output()
    {
        lock (_output) return string.Join('\n', _output);
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;

namespace Realtime.Tests.Support;

/// <summary>A process started by a test: its output is kept, it can be signalled, and it never outlives the tests.</summary>
internal sealed class ChildProcess : IDisposable
{
    // Enough to see what happened; a server that logs without end must not exhaust the memory of the tests.
    private const int LinesKept = 5_000;

    private static readonly ConcurrentDictionary<ChildProcess, bool> Alive = new();

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    static ChildProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var child in Alive.Keys) child.Dispose();
    };

    private ChildProcess(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>Standard output and error as they came, the last lines of them.</summary>
    public string Output => string.Join('\n', _lines);

    /// <param name="start">What to run; this method sets the redirection.</param>
    /// <param name="keepInput">True: <see cref="WriteLineAsync"/> will write to it; else its standard input is empty.</param>
    public static ChildProcess Start(ProcessStartInfo start, bool keepInput = false)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        var child = new ChildProcess(new Process { StartInfo = start });
        child._process.Start();
        if (!keepInput) child._process.StandardInput.Close();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        Alive[child] = true;
        return child;
    }

    /// <summary>Writes to the standard input of a process that was started so.</summary>
    public Task WriteLineAsync(string line) => _process.StandardInput.WriteLineAsync(line);

    /// <summary>Ends the standard input of a process that was started so.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    public void Send(Signal signal) => _process.Send(signal);

    /// <summary>Waits for the end and the last line of output.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync(TimeSpan limit, CancellationToken cancel = default)
    {
        await Eventually.Ends(
            $"'{_process.StartInfo.FileName}' ends; it printed:\n{Output}\n", _process.WaitForExitAsync(cancel), limit, cancel);
        return _process.ExitCode;
    }

    /// <summary>Kills the process if it still runs.</summary>
    public void Dispose()
    {
        if (!Alive.TryRemove(this, out _)) return;
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit(TimeSpan.FromSeconds(10));
        }
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        _lines.Enqueue(line);
        if (_lines.Count > LinesKept) _lines.TryDequeue(out _);
    }
}

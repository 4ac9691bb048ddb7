using System.Collections.Concurrent;
using Realtime.Server.Log.Sqlite.Tables;

namespace Realtime.Server.Log.Sqlite;

/// <summary>
/// The reading connections. A read takes microseconds and runs on the caller's thread; if all connections are taken, a caller waits at most
/// a second.
/// </summary>
internal sealed class ReaderPool(string path, Unindexed unindexed, TimeProvider time) : IDisposable
{
    // Reads keep a core busy rather than wait, so more connections than this would only cost memory (up to 1 MiB of cache each).
    private static readonly int MostConnections = Math.Clamp(Environment.ProcessorCount * 4, 8, 32);

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _places = new(MostConnections);
    private readonly ConcurrentStack<ReaderSession> _idle = new();
    private volatile bool _closed;

    /// <exception cref="LogUnavailableException">The store cannot be read, or not soon enough.</exception>
    public ValueTask<T> ReadAsync<T, TState>(Func<ReaderSession, TState, T> read, TState state, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return _places.Wait(0, CancellationToken.None)
            ? ValueTask.FromResult(ReadNow(read, state))
            : ReadWhenFreeAsync(read, state, cancel);
    }

    /// <summary>Waits for reads under way to end: each has exclusive use of its connection.</summary>
    public void Dispose()
    {
        _closed = true;
        while (_idle.TryPop(out var session)) session.Dispose();
    }

    private async ValueTask<T> ReadWhenFreeAsync<T, TState>(Func<ReaderSession, TState, T> read, TState state, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(LongestWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            await _places.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new LogUnavailableException($"No connection to the store was free for {LongestWait.TotalSeconds:0} s.");
        }
        return ReadNow(read, state);
    }

    private T ReadNow<T, TState>(Func<ReaderSession, TState, T> read, TState state)
    {
        ReaderSession? session = null;
        try
        {
            if (_closed) throw new LogUnavailableException("The store is closed.");
            if (!_idle.TryPop(out session)) session = new ReaderSession(path, unindexed);
            var result = read(session, state);
            Return(session);
            session = null;
            return result;
        }
        catch (SqliteFailure e)
        {
            throw new LogUnavailableException($"The store cannot be read: {e.Message}", e);
        }
        finally
        {
            // After a failure: the connection's transaction may still be open.
            session?.Dispose();
            _places.Release();
        }
    }

    private void Return(ReaderSession session)
    {
        _idle.Push(session);
        if (_closed) Dispose();
    }
}

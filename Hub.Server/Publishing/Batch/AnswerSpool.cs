using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Realtime.Server.Publishing.Batch;

/// <summary>
/// Answers for a client that may not read them before it has sent everything: a little in memory, the rest in a temporary file. One
/// writer, one reader, first in, first out.
/// </summary>
/// <remarks>If the file accepts no more (a full disk, for example), the writer waits for the reader after each answer.</remarks>
/// <param name="open">Opens the file; null for <see cref="TemporaryFile"/>.</param>
internal sealed class AnswerSpool(BatchLimits limits, Func<SafeFileHandle>? open = null) : IDisposable
{
    private readonly Lock _gate = new();

    // In the order they are read; all guarded by _gate. Memory comes before the file, because nothing is queued while the file has content.
    private readonly Queue<byte[]> _chunks = [];
    private long _fileRead;
    private long _fileWritten;
    private readonly Queue<byte[]> _refused = [];   // chunks that the file did not accept
    private byte[] _tail = Rent(limits);
    private int _tailCount;

    private bool _isSpilling;      // a chunk is between _tail and the file, or _refused
    private bool _isComplete;
    private TaskCompletionSource? _changed;
    private SafeFileHandle? _file;
    private byte[] _lent = Rent(limits);    // the reader's

    /// <summary>Whether the writer should wait for <see cref="RoomAsync"/>.</summary>
    public bool IsFull
    {
        get
        {
            lock (_gate) return _refused.Count > 0 || _fileWritten - _fileRead >= limits.FileBytes;
        }
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            byte[]? spilled = null;
            lock (_gate)
            {
                var count = Math.Min(bytes.Length, limits.ChunkBytes - _tailCount);
                bytes[..count].CopyTo(_tail.AsSpan(_tailCount));
                bytes = bytes[count..];
                _tailCount += count;
                if (_tailCount == limits.ChunkBytes) spilled = PutTailAway();
                Announce();
            }
            if (spilled is not null) Spill(spilled);
        }
    }

    /// <summary>Ends the writing: no more answers follow.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _isComplete = true;
            Announce();
        }
    }

    /// <summary>Waits until the reader has made room in the file.</summary>
    public async ValueTask RoomAsync(CancellationToken cancel)
    {
        while (IsFull) await ChangeAsync(() => IsFull, cancel);
    }

    /// <summary>The next bytes, valid until the next call. Waits until there are some; empty at the end.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> TakeAsync(CancellationToken cancel)
    {
        while (true)
        {
            long? offset = null;
            lock (_gate)
            {
                if (_chunks.TryDequeue(out var chunk)) return Lend(chunk, limits.ChunkBytes);
                if (_fileRead < _fileWritten) offset = _fileRead;
                else if (_refused.TryDequeue(out chunk)) return LendRefused(chunk);
                else if (!_isSpilling && _tailCount > 0) return LendTail();
                else if (!_isSpilling && _isComplete) return default;
            }
            if (offset is { } at) return Unspill(at);
            await ChangeAsync(IsEmpty, cancel);
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        foreach (var chunk in _chunks.Concat(_refused)) ArrayPool<byte>.Shared.Return(chunk);
        ArrayPool<byte>.Shared.Return(_tail);
        ArrayPool<byte>.Shared.Return(_lent);
    }

    // Called under the lock.
    private bool IsEmpty() =>
        _chunks.Count == 0 && _fileRead == _fileWritten && _refused.Count == 0 && (_isSpilling || (_tailCount == 0 && !_isComplete));

    /// <summary>A full tail becomes a chunk in memory, or is returned to be spilled.</summary>
    private byte[]? PutTailAway()
    {
        var full = _tail;
        (_tail, _tailCount) = (Rent(limits), 0);
        _isSpilling = _fileRead < _fileWritten || _refused.Count > 0 || _chunks.Count >= limits.ChunksInMemory;
        if (_isSpilling) return full;
        _chunks.Enqueue(full);
        return null;
    }

    private void Spill(byte[] chunk)
    {
        // Keep the order: no chunk may overtake a refused one.
        bool mayWrite;
        lock (_gate) mayWrite = _refused.Count == 0;
        var isWritten = mayWrite && TryWrite(chunk);
        lock (_gate)
        {
            if (isWritten) _fileWritten += limits.ChunkBytes;
            else _refused.Enqueue(chunk);
            _isSpilling = false;
            Announce();
        }
        if (isWritten) ArrayPool<byte>.Shared.Return(chunk);
    }

    private bool TryWrite(byte[] chunk)
    {
        try
        {
            _file ??= (open ?? TemporaryFile.Open)();
            // Only this thread moves the end; the reader moves it back to 0 only while nothing is spilling.
            RandomAccess.Write(_file, chunk.AsSpan(0, limits.ChunkBytes), _fileWritten);
            return true;
        }
        catch (Exception cannot) when (cannot is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private ReadOnlyMemory<byte> Unspill(long offset)
    {
        var count = RandomAccess.Read(_file!, _lent.AsSpan(0, limits.ChunkBytes), offset);
        lock (_gate)
        {
            _fileRead += count;
            if (_fileRead == _fileWritten && !_isSpilling)
            {
                (_fileRead, _fileWritten) = (0, 0);
                RandomAccess.SetLength(_file!, 0);
            }
            Announce();
        }
        return _lent.AsMemory(0, count);
    }

    private ReadOnlyMemory<byte> LendRefused(byte[] chunk)
    {
        Announce();
        return Lend(chunk, limits.ChunkBytes);
    }

    private ReadOnlyMemory<byte> LendTail()
    {
        var (tail, count) = (_tail, _tailCount);
        (_tail, _tailCount) = (Rent(limits), 0);
        return Lend(tail, count);
    }

    private ReadOnlyMemory<byte> Lend(byte[] chunk, int count)
    {
        ArrayPool<byte>.Shared.Return(_lent);
        _lent = chunk;
        return chunk.AsMemory(0, count);
    }

    private void Announce()
    {
        _changed?.TrySetResult();
        _changed = null;
    }

    /// <summary>Waits for a change, unless the caller need no longer wait.</summary>
    private Task ChangeAsync(Func<bool> stillWaiting, CancellationToken cancel)
    {
        lock (_gate)
        {
            if (!stillWaiting()) return Task.CompletedTask;
            _changed ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _changed.Task.WaitAsync(cancel);
        }
    }

    private static byte[] Rent(BatchLimits limits) => ArrayPool<byte>.Shared.Rent(limits.ChunkBytes);
}

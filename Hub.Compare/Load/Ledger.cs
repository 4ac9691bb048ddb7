using Realtime.Compare.Measuring;

namespace Realtime.Compare.Load;

/// <summary>
/// Records which reader must get which notification, when it was due, and who got it: finds lost, doubled and stray ones.
/// </summary>
internal sealed class Ledger(int run, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(int Reader, int N), Entry> _entries = [];   // guarded by _gate
    private readonly LatencyHistogram _latency = new();                      // guarded by _gate
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waiting, _doubled, _astray;                                 // guarded by _gate
    private long _last;                                                      // guarded by _gate
    private bool _closed;                                                    // guarded by _gate

    /// <summary>Completes when everything has been published and every reader has everything.</summary>
    public Task Complete => _complete.Task;

    /// <summary>Called before the publish: this notification is due now for these readers.</summary>
    public void Expect(int n, long due, IEnumerable<int> readers)
    {
        lock (_gate)
        {
            foreach (var reader in readers)
            {
                _entries.Add((reader, n), new(due));
                _waiting++;
            }
        }
    }

    /// <summary>
    /// The server did not confirm the publish: readers need not get it, and may get it all the same (it may have been stored).
    /// </summary>
    public void Withdraw(int n, IEnumerable<int> readers)
    {
        lock (_gate)
        {
            foreach (var reader in readers)
            {
                if (!_entries.TryGetValue((reader, n), out var entry) || entry is not { Times: 0, IsWithdrawn: false }) continue;
                entry.IsWithdrawn = true;
                _waiting--;
            }
            EndIfComplete();
        }
    }

    public void Receive(int reader, ItemData data)
    {
        var now = time.GetTimestamp();
        if (data.Run != run) return;
        lock (_gate)
        {
            if (!_entries.TryGetValue((reader, data.N), out var entry)) _astray++;
            else if (++entry.Times > 1) _doubled++;
            else if (!entry.IsWithdrawn)
            {
                _latency.Record((long)time.GetElapsedTime(entry.Due, now).TotalMicroseconds);
                _last = now;
                _waiting--;
                EndIfComplete();
            }
        }
    }

    /// <summary>Nothing more will be published.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            EndIfComplete();
        }
    }

    public Balance Balance()
    {
        lock (_gate)
        {
            var latency = new LatencyHistogram();
            latency.Add(_latency);
            return new(latency, Lost: _waiting, _doubled, _astray, _last);
        }
    }

    private void EndIfComplete()
    {
        if (_closed && _waiting == 0) _complete.TrySetResult();
    }

    private sealed class Entry(long due)
    {
        public long Due => due;

        public int Times { get; set; }

        public bool IsWithdrawn { get; set; }
    }
}

/// <param name="Lost">Deliveries that never came.</param>
/// <param name="Doubled">Deliveries that came again.</param>
/// <param name="Astray">Deliveries to a reader that was not addressed.</param>
/// <param name="LastAt">The timestamp of the last first delivery.</param>
internal sealed record Balance(LatencyHistogram Latency, int Lost, int Doubled, int Astray, long LastAt);

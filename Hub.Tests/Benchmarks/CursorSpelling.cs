using System.Text;
using BenchmarkDotNet.Attributes;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;

namespace Realtime.Benchmarks;

/// <summary>A cursor of a user with so many groups: written after a delivery, and read when the reader is back.</summary>
public class CursorSpelling
{
    private CursorBuffer _cursor = null!;
    private string _text = "";
    private long _sequence;

    [Params(1, 4, 100)]
    public int Groups { get; set; }

    [GlobalSetup]
    public void Begin()
    {
        _cursor = new(Topic.AllOf("reader-0", Enumerable.Range(0, Groups).Select(i => $"group-{i}")), new CursorChoice());
        Write();
        _text = Encoding.ASCII.GetString(_cursor.Utf8);
    }

    [Benchmark]
    public int Write()
    {
        _cursor.Move(0, new Position(++_sequence, 1_795_000_000_000 + _sequence, 1));
        return _cursor.Utf8.Length;
    }

    [Benchmark]
    public bool Read() => Cursor.TryParse(_text, "reader-0", out _);
}

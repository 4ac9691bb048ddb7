using System.IO.Pipelines;
using Realtime.Server.Http;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations;

/// <summary>Large answers to clients that read, and to clients that do not.</summary>
[CancelAfter(30_000)]
internal sealed class PacedWritesTests
{
    private const int Buffer = 64 * 1024, Large = 1024 * 1024;

    private Pipe _connection = null!;
    private ManualTime _time = null!;

    [SetUp]
    public void Connect() =>
        (_connection, _time) = (new(new PipeOptions(pauseWriterThreshold: Buffer, resumeWriterThreshold: Buffer / 2)), new());

    [Test]
    public async Task A_client_that_accepts_nothing_for_ten_seconds_is_given_up_and_costs_a_buffer(CancellationToken cancel)
    {
        var writing = PacedWrites.WriteAsync(_connection.Writer, new byte[Large], _time, cancel).AsTask();
        _time.Advance(PacedWrites.StallTimeout - TimeSpan.FromMilliseconds(1));
        Assert.That(writing.IsCompleted, Is.False);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(await writing, Is.False);
        Assert.That(_connection.Reader.TryRead(out var waiting), Is.True);
        Assert.That(waiting.Buffer.Length, Is.LessThanOrEqualTo(Buffer + PacedWrites.PieceBytes));
    }

    [Test]
    public async Task A_client_that_is_slow_gets_everything(CancellationToken cancel)
    {
        var writing = PacedWrites.WriteAsync(_connection.Writer, new byte[Large], _time, cancel).AsTask();
        for (var left = Large; left > 0;)
        {
            var read = await _connection.Reader.ReadAsync(cancel);
            left -= (int)read.Buffer.Length;
            _connection.Reader.AdvanceTo(read.Buffer.End);
            _time.Advance(PacedWrites.StallTimeout / 2);
        }
        Assert.That(await writing, Is.True);
    }

    [Test]
    public async Task A_client_that_has_gone_is_given_up_at_once(CancellationToken cancel)
    {
        await _connection.Reader.CompleteAsync();
        Assert.That(await PacedWrites.WriteAsync(_connection.Writer, new byte[Large], _time, cancel), Is.False);
    }
}

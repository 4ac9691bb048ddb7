using System.Buffers;
using System.IO.Pipelines;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.Options;
using Realtime.Server.Delivery;
using Realtime.Server.Feed;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;

namespace Realtime.Benchmarks;

/// <summary>A notification of 300 bytes as each way of receiving writes it, cursor of three topics included.</summary>
public class FrameWriting
{
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly CursorBuffer _cursor = new([Sample.Users[0], Topic.Group("west"), Topic.All], new CursorChoice());
    private readonly JsonHubProtocol _hub;
    private readonly PipeWriter _nowhere = PipeWriter.Create(Stream.Null);
    private readonly SseWriter _events;
    private readonly CurrentItem _item;
    private readonly Notification _notification = new(new Position(1, 1_795_000_000_001), 0, Sample.Body);
    private long _sequence;

    public FrameWriting()
    {
        var options = new JsonHubProtocolOptions();
        options.PayloadSerializerOptions.Converters.Add(new CurrentItemConverter());
        _hub = new JsonHubProtocol(Options.Create(options));
        _events = new SseWriter(_nowhere, TimeProvider.System);
        _item = new CurrentItem(_cursor);
    }

    [Benchmark(Baseline = true)]
    public int Item()
    {
        _buffer.ResetWrittenCount();
        ItemJson.Write(_buffer, Next());
        return _buffer.WrittenCount;
    }

    [Benchmark]
    public int Hub()
    {
        _buffer.ResetWrittenCount();
        _hub.WriteMessage(new StreamItemMessage("1", Next()), _buffer);
        return _buffer.WrittenCount;
    }

    [Benchmark]
    public ValueTask<bool> EventStream()
    {
        _events.Write(Next());
        return _events.FlushAsync(CancellationToken.None);
    }

    private CurrentItem Next()
    {
        var position = new Position(++_sequence, 1_795_000_000_000 + _sequence);
        _cursor.Move(0, position);
        // Reading hands over existing objects; only the frame is new.
        return _item.AsNotification(Sample.Users[0], _notification);
    }
}

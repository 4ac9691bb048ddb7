using System.Collections.Concurrent;
using System.Text.Json;
using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Faults;

/// <summary>A reader that reconnects with its last cursor whenever its connection is lost, and records every item.</summary>
internal sealed class RecordingReader
{
    private static readonly TimeSpan ReconnectAfter = TimeSpan.FromMilliseconds(50);

    private readonly Uri _server;
    private readonly string _token;
    private readonly Transport? _transport;
    private readonly Read _read;
    private readonly ConcurrentDictionary<string, long> _reached = new();
    private string _cursor = "earliest";

    /// <param name="transport">One of SignalR's; null: an event stream.</param>
    public RecordingReader(Uri server, Recording recording, string user, string[] groups, Transport? transport)
    {
        (_server, _transport) = (server, transport);
        _token = Tokens.For(user, groups);
        _read = new Read($"{user} over {transport?.ToString() ?? "EventSource"}",
            [$"user:{user}", .. groups.Select(group => $"group:{group}"), "all"], new());
        recording.Readers.Enqueue(_read);
    }

    /// <summary>How often the reader has lost its connection so far.</summary>
    public int Cuts { get; private set; }

    /// <summary>True if the reader has reached the head of the log.</summary>
    public bool HasReached(IReadOnlyDictionary<string, List<Got>> log) =>
        _read.Topics.All(
            topic => _reached.GetValueOrDefault(topic) >= (log.GetValueOrDefault(topic)?.LastOrDefault()?.Place.Sequence ?? 0));

    /// <summary>Reads until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await using var receiver = await ConnectAsync(cancel);
                while (await receiver.NextAsync(cancel) is { } item) Keep(item);
                Cuts++;
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception cut) when (cut is not (AssertionException or JsonException))
            {
                Cuts++;   // refused, reset, or half an item: each transport reports a lost server differently
            }
            await Task.Delay(ReconnectAfter, TimeProvider.System, CancellationToken.None);
        }
    }

    private async Task<IReceiver> ConnectAsync(CancellationToken cancel)
    {
        if (_transport is not { } transport) return await EventStreamReceiver.ConnectAsync(_server, _token, _cursor, cancel);
        var receiver = await HubReceiver.ConnectAsync(_server, _token, transport, cancel);
        await receiver.SubscribeAsync(_cursor, cancel);
        return receiver;
    }

    private void Keep(JsonElement item)
    {
        if (item.TryGetProperty("gap", out var gap))
        {
            _read.Items.Enqueue(new Missing(
                gap.GetProperty("topic").GetString()!, gap.GetProperty("after").GetInt64(), gap.GetProperty("next")
                .GetInt64(), gap.GetProperty("reason").GetString()!));
        }
        else if (item.IsNotification())
        {
            var got = Got.Of(item);
            _read.Items.Enqueue(got);
            _reached[got.Place.Topic] = got.Place.Sequence;
        }
        if (item.TryGetProperty("cursor", out var cursor)) _cursor = cursor.GetString()!;
    }
}

using System.Net;
using Realtime.Tests.Delivery;

namespace Realtime.Tests.Routing;

/// <summary>A reader of the topic <c>all</c> that reconnects whenever its connection is lost, and resumes from its cursor.</summary>
/// <param name="name">For messages.</param>
/// <param name="connect">Connects after a cursor.</param>
internal sealed class SteadyReader(string name, Func<string, CancellationToken, Task<IReceiver>> connect)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly List<long> _sequences = [];
    private readonly List<string> _faults = [];
    private volatile string? _cursor;
    private int _count;

    public string Name => name;

    /// <summary>It has been connected once.</summary>
    public bool HasBegun => _cursor is not null;

    /// <summary>Notifications so far.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>How often it had to reconnect.</summary>
    public int Returns { get; private set; }

    /// <summary>
    /// How often an item was missing that the server considered delivered. Read it when <see cref="RunAsync"/> has ended.
    /// </summary>
    public int Holes { get; private set; }

    /// <summary>Why it was disconnected last.</summary>
    public string? LastCut { get; private set; }

    /// <summary>Faults other than being disconnected. Read it when <see cref="RunAsync"/> has ended.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>The items that it got. Read it when <see cref="RunAsync"/> has ended.</summary>
    public IReadOnlyList<long> Sequences => _sequences;

    public async Task RunAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await using var receiver = await connect(_cursor ?? "latest", cancel);
                while (await receiver.NextAsync(cancel) is { } item) Take(item);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (HttpRequestException refused) when (refused.StatusCode is >= HttpStatusCode.BadRequest)
            {
                // A browser's EventSource stops for good on this status.
                _faults.Add($"{name} was answered {(int)refused.StatusCode}");
            }
            catch (Exception cut) when (cut is not AssertionException)
            {
                // The network or the node is gone: reconnect.
                LastCut = cut.Message;
            }
            Returns++;
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }
    }

    private void Take(System.Text.Json.JsonElement item)
    {
        if (item.TryGetProperty("gap", out _)) _faults.Add($"{name} was told of a gap: {item}");
        if (item.IsNotification())
        {
            var sequence = item.GetProperty("sequence").GetInt64();
            // The response to a long poll was lost with a node on its way: resume from before the hole, as our feed does.
            if (_sequences.Count > 0 && sequence > _sequences[^1] + 1)
            {
                Holes++;
                throw new IOException($"a hole before {sequence}");
            }
            _sequences.Add(sequence);
            Volatile.Write(ref _count, _sequences.Count);
        }
        if (item.TryGetProperty("cursor", out var cursor)) _cursor = cursor.GetString();
    }
}

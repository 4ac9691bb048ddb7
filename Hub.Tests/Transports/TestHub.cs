using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.SignalR;

namespace Realtime.Tests.Transports;

/// <summary>What a stock server offers to the tests of the transports.</summary>
[SuppressMessage("Performance", "CA1822", Justification = "A hub offers instance methods only.")]
public sealed class TestHub : Hub
{
    public string Echo(string text) => text;

    public int Length(string text) => text.Length;

    public string Letters(int count) => new('x', count);

    public string Id() => Context.ConnectionId;

    public void Abort() => Context.Abort();

    /// <summary>Calls "number" of the caller with 0, 1, 2 …</summary>
    public async Task Push(int count)
    {
        for (var i = 0; i < count; i++) await Clients.Caller.SendAsync("number", i);
    }

    /// <summary>Keeps what it is told in its order; <see cref="Told"/> gives it back.</summary>
    public void Tell(int number) => Heard.Add(number);

    public int[] Told() => [.. Heard];

    public async IAsyncEnumerable<int> Count(int count, [EnumeratorCancellation] CancellationToken cancel)
    {
        for (var i = 0; i < count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            await Task.Yield();
            yield return i;
        }
    }

    public ChannelReader<int> Forever()
    {
        var channel = Channel.CreateUnbounded<int>();
        channel.Writer.TryWrite(0);
        return channel.Reader;
    }

    public async Task<int> Sum(IAsyncEnumerable<int> numbers)
    {
        var sum = 0;
        await foreach (var number in numbers) sum += number;
        return sum;
    }

    public async Task<int> Collect(IAsyncEnumerable<string> pieces)
    {
        var length = 0;
        await foreach (var piece in pieces) length += piece.Length;
        return length;
    }

    // One list a connection: a hub object lives for one call.
    private List<int> Heard => (List<int>)(Context.Items["heard"] ??= new List<int>());
}

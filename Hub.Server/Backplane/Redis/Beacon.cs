using System.Buffers.Text;
using Realtime.Server.Redis;
using StackExchange.Redis;

namespace Realtime.Server.Backplane.Redis;

/// <summary>
/// A message that a node sends to itself through Redis. If it does not return, the subscription connection is open but carries nothing.
/// </summary>
internal sealed class Beacon(RedisConnection redis, TimeProvider time)
{
    private readonly RedisChannel _channel = redis.Channels.Beacon(Guid.NewGuid().ToString("N"));
    private long _sent;
    private long _received;
    private long _returnedAt = time.GetTimestamp();

    public RedisChannel Channel => _channel;

    /// <summary>True if the last beacon that was sent has returned.</summary>
    public bool HasReturned => Volatile.Read(ref _received) == _sent;

    /// <summary>Time since a beacon returned, or since the start.</summary>
    public TimeSpan Age => time.GetElapsedTime(Volatile.Read(ref _returnedAt));

    /// <summary>Ignores a payload that is not a number, because other programs may publish on the channel.</summary>
    public void OnMessage(ReadOnlySpan<byte> payload)
    {
        if (!Utf8Parser.TryParse(payload, out long number, out var length) || length != payload.Length) return;
        Volatile.Write(ref _received, number);
        Volatile.Write(ref _returnedAt, time.GetTimestamp());
    }

    /// <returns>False if the call to Redis failed; then nothing is expected to return.</returns>
    public async Task<bool> SendAsync()
    {
        var number = _sent + 1;
        try
        {
            await redis.AskAsync(default, database => database.PublishAsync(_channel, number));
            _sent = number;
            return true;
        }
        catch (RedisUnavailableException)
        {
            return false;
        }
    }
}

using System.Buffers.Text;
using Realtime.Server.Redis;
using StackExchange.Redis;

namespace Realtime.Server.Backplane.Redis;

/// <summary>A node's word to itself through Redis. A link that is up but carries nothing is found out by the beacon that does not come back.</summary>
internal sealed class Beacon(RedisConnection redis)
{
    private readonly RedisChannel _channel = RedisKeys.Beacon(Guid.NewGuid().ToString("N"));
    private long _sent;
    private long _heard;

    public RedisChannel Channel => _channel;

    /// <summary>Whether what was sent last has come back.</summary>
    public bool IsHeard => Volatile.Read(ref _heard) == _sent;

    /// <summary>Anything else on the channel is not ours.</summary>
    public void Hear(byte[] payload)
    {
        if (Utf8Parser.TryParse(payload, out long number, out var length) && length == payload.Length) Volatile.Write(ref _heard, number);
    }

    /// <returns>False if Redis did not take it: then nothing is expected either.</returns>
    public async Task<bool> SendAsync()
    {
        var number = _sent + 1;
        try
        {
            await redis.AskAsync((byte[])_channel!, database => database.PublishAsync(_channel, number));
            _sent = number;
            return true;
        }
        catch (RedisUnavailableException)
        {
            return false;
        }
    }
}

using StackExchange.Redis;

namespace Realtime.Server.Redis;

/// <summary>A Lua script, kept as a file beside the code that runs it; its first lines are its signature.</summary>
internal sealed class RedisScript
{
    private const string Unknown = "NOSCRIPT";

    private readonly string _text;

    private RedisScript(string text) => _text = text;

    /// <param name="file">The name of an embedded file.</param>
    public static RedisScript Load(string file)
    {
        using var stream = typeof(RedisScript).Assembly.GetManifestResourceStream(file) ?? throw new FileNotFoundException("Not embedded.", file);
        using var reader = new StreamReader(stream);
        return new(reader.ReadToEnd());
    }

    /// <summary>Runs it where its keys are: all in one slot. The client library sends its hash, and its text to a server that has not seen it.</summary>
    public async Task<RedisResult> RunAsync(IDatabase database, RedisKey[] keys, RedisValue[] values)
    {
        try
        {
            return await database.ScriptEvaluateAsync(_text, keys, values);
        }
        catch (RedisServerException unknown) when (unknown.Message.StartsWith(Unknown, StringComparison.Ordinal))
        {
            // SCRIPT FLUSH, or another server has taken over: nothing was done, and the library now knows that it must send the text again.
            return await database.ScriptEvaluateAsync(_text, keys, values);
        }
    }
}

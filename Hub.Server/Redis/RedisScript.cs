using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Realtime.Server.Redis.Wire;
using StackExchange.Redis;

namespace Realtime.Server.Redis;

/// <summary>A Lua script, kept as a file beside the code that runs it; its first lines are its signature.</summary>
internal sealed class RedisScript
{
    private const string Unknown = "NOSCRIPT";

    private RedisScript(string text)
    {
        Text = text;
        Hash = NameOf(text);
    }

    public string Text { get; }

    /// <summary>What Redis calls it once it has seen it.</summary>
    public string Hash { get; }

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
            return await database.ScriptEvaluateAsync(Text, keys, values);
        }
        catch (RedisServerException unknown) when (IsUnknown(unknown.Message))
        {
            // SCRIPT FLUSH, or another server has taken over: nothing was done, and the library now knows that it must send the text again.
            return await database.ScriptEvaluateAsync(Text, keys, values);
        }
    }

    /// <summary>Writes the command that runs it, as <see cref="RunAsync"/> would send it.</summary>
    /// <param name="isKnown">False: with its text, which Redis then knows.</param>
    public void WriteTo(IBufferWriter<byte> buffer, RedisKey[] keys, RedisValue[] values, bool isKnown)
    {
        buffer.WriteCommand(3 + keys.Length + values.Length);
        buffer.WritePart(isKnown ? "EVALSHA" : "EVAL");
        buffer.WritePart(isKnown ? Hash : Text);
        buffer.WritePart($"{keys.Length}");
        foreach (var key in keys) buffer.WritePart((string)key!);
        foreach (var value in values) buffer.WritePart((byte[])value!);
    }

    /// <summary>Whether a server's words mean that it has not seen the script.</summary>
    public static bool IsUnknown(string refusal) => refusal.StartsWith(Unknown, StringComparison.Ordinal);

    [SuppressMessage("Security", "CA5350", Justification = "It is how Redis names scripts; nothing secret depends on it.")]
    private static string NameOf(string text) => Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(text)));
}

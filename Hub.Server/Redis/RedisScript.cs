using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace Realtime.Server.Redis;

/// <summary>How a script is sent to a server that may not have loaded it.</summary>
internal enum ScriptForm
{
    /// <summary>
    /// The client library sends the text to a server that has not loaded it; calls that were sent later may then be executed first.
    /// </summary>
    AsNeeded,

    /// <summary>By its hash, which a server that has not loaded the script refuses (<see cref="RedisScript.IsUnknown"/>).</summary>
    Hash,

    /// <summary>In full, which also loads it on the server.</summary>
    Text,
}

/// <summary>A Lua script, stored as a file next to the code that runs it; its first lines are its signature.</summary>
internal sealed class RedisScript
{
    private const string Unknown = "NOSCRIPT";

    private readonly byte[] _hash;

    private RedisScript(string text) => (Text, _hash) = (text, NameOf(text));

    public string Text { get; }

    /// <param name="file">The name of an embedded file.</param>
    public static RedisScript Load(string file)
    {
        using var stream = typeof(RedisScript).Assembly.GetManifestResourceStream(file)
            ?? throw new FileNotFoundException("Not embedded.", file);
        using var reader = new StreamReader(stream);
        return new(reader.ReadToEnd());
    }

    /// <summary>Runs the script on the server that has its keys, which must all be in one slot.</summary>
    public Task<RedisResult> RunAsync(IDatabase database, RedisKey[] keys, RedisValue[] values, ScriptForm form = ScriptForm.AsNeeded) =>
        form switch
        {
            ScriptForm.Hash => database.ScriptEvaluateAsync(_hash, keys, values, CommandFlags.DemandMaster),
            ScriptForm.Text => database.ScriptEvaluateAsync(Text, keys, values, CommandFlags.DemandMaster | CommandFlags.NoScriptCache),
            _ => database.ScriptEvaluateAsync(Text, keys, values, CommandFlags.DemandMaster),
        };

    /// <summary>True if an error of the server means that it has not loaded the script.</summary>
    public static bool IsUnknown(string refusal) => refusal.StartsWith(Unknown, StringComparison.Ordinal);

    [SuppressMessage("Security", "CA5350", Justification = "It is how Redis names scripts; nothing secret depends on it.")]
    private static byte[] NameOf(string text) => SHA1.HashData(Encoding.UTF8.GetBytes(text));
}

using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Realtime.Server.Redis;
using StackExchange.Redis;

namespace Realtime.Server.Log.Redis;

/// <summary>Appends in groups: append.lua.</summary>
internal sealed class AppendGroups : GroupedCalls<TopicAppend>
{
    private const int ValuesInFront = 6;
    private const int ValuesPerAppend = 2;   // body, channel

    private static readonly RedisScript Script = RedisScript.Load("append.lua");

    private readonly AppendTurns _turns = new();
    private readonly List<(PendingAppend Publish, int Appends)> _tooLate = [];   // guarded by Gate
    private readonly RedisConnection _redis;
    private readonly ForeignData _foreign;
    private readonly Action<int> _settled;
    private readonly RedisValue _count;
    private readonly RedisValue _age;
    private readonly RedisValue _once;

    /// <param name="settled">Called with how many appends have been answered or never will be.</param>
    public AppendGroups(RedisConnection redis, RetentionOptions retention, ForeignData foreign, Action<int> settled)
        : base(redis, Script)
    {
        (_redis, _foreign, _settled) = (redis, foreign, settled);
        _count = Text(retention.Count);
        _age = Text((long)retention.Age.TotalMilliseconds);
        _once = Text((long)RedisLogLimits.Once.TotalMilliseconds);
    }

    protected override int Waiting => _turns.Count;

    /// <summary>Appends to all topics of a publish, behind those that were given before.</summary>
    public void Append(PendingAppend publish)
    {
        if (_redis.IsCluster)
        {
            // No script may use two slots: each topic goes by itself, at once.
            for (var i = 0; i < publish.Topics.Count; i++) _ = AppendAloneAsync(new(publish, i));
            return;
        }
        lock (Gate) _turns.Add(publish);
        Send();
    }

    protected override void Take(List<TopicAppend> group)
    {
        _turns.Take(group, _tooLate);
        if (_tooLate.Count == 0) return;
        // Not here: their publishers would go on under the gate.
        ThreadPool.UnsafeQueueUserWorkItem(Refuse, (List<(PendingAppend Publish, int Appends)>)[.. _tooLate], preferLocal: false);
        _tooLate.Clear();
    }

    protected override (RedisKey[] Keys, RedisValue[] Values, TimeSpan Limit) Write(List<TopicAppend> group)
    {
        var keyed = group.Count(static append => append.Publish.Once is not null);
        var keys = new RedisKey[(2 * group.Count) + keyed];
        var values = new RedisValue[ValuesInFront + (ValuesPerAppend * group.Count)];
        var flags = keyed == 0 ? [] : new byte[group.Count];
        (values[0], values[1], values[2], values[3], values[4], values[5]) = (_count, _age, _once, flags, _redis.Secret, _redis.ClockAhead);
        var limit = RedisLimits.Call;
        for (int i = 0, key = 0; i < group.Count; i++)
        {
            var (publish, topic) = (group[i].Publish, group[i].Topic);
            keys[key++] = RedisKeys.Log(topic);
            keys[key++] = RedisKeys.Head(topic);
            if (keyed > 0) flags[i] = publish.Once is null ? (byte)'0' : (byte)'1';
            if (publish.Once is not null) keys[key++] = RedisKeys.Once(topic, publish.Once);
            values[ValuesInFront + (ValuesPerAppend * i)] = publish.Body;
            values[ValuesInFront + (ValuesPerAppend * i) + 1] = _redis.Channels.NewsName(topic);
            // A wide one waits for its own deadline. At the end of its time a call would have too little, and Redis would pass for stuck.
            if (!publish.IsWide && publish.Deadline.Left is var left && left < limit) limit = left;
        }
        return (keys, values, limit);
    }

    protected override void Answered(List<TopicAppend> group, RedisResult answer)
    {
        var done = new Done();
        ReadOnlySpan<byte> rest = (byte[]?)answer;
        foreach (var append in group)
        {
            var end = rest.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            if (Answered(append, line)) done.Add(append.Publish);
        }
        done.Continue();
    }

    protected override void Failed(List<TopicAppend> group, RedisUnavailableException why)
    {
        var done = new Done();
        foreach (var append in group)
            if (append.Publish.Failed(1, why)) done.Add(append.Publish);
        done.Continue();
    }

    protected override void Settled(int items) => _settled(items);

    private async Task AppendAloneAsync(TopicAppend append)
    {
        List<TopicAppend> group = [append];
        try
        {
            var (keys, values, limit) = Write(group);
            Answered(group, (await _redis.RunAsync(Script, keys, values, ScriptForm.AsNeeded, limit, () => Settled(1)))!);
        }
        catch (RedisUnavailableException why)
        {
            Failed(group, why);
        }
    }

    /// <returns>True if the publish has all its answers.</returns>
    private bool Answered(TopicAppend append, ReadOnlySpan<byte> line)
    {
        var mended = line.StartsWith("!"u8);
        if (Utf8Parser.TryParse(mended ? line[1..] : line, out long sequence, out var length) && sequence > 0 && length == line.Length - (mended ? 1 : 0))
        {
            if (mended) _foreign.WasMended(append.Topic);
            return append.Publish.Stored(append.Index, sequence);
        }
        var why = line.IsEmpty || line[0] != '-' ? "The answer is not that of our script." : Encoding.UTF8.GetString(line[1..]);
        return append.Publish.Failed(1, _redis.Refusal(RedisKeys.Log(append.Topic), why));
    }

    private void Refuse(List<(PendingAppend Publish, int Appends)> tooLate)
    {
        foreach (var (publish, appends) in tooLate)
        {
            _settled(appends);
            var sent = appends == publish.Topics.Count ? "nothing was sent" : "not everything was sent";
            if (publish.Failed(appends, new RedisUnavailableException($"Redis did not answer others in time; {sent}."))) publish.Execute();
        }
    }

    private static RedisValue Text(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Publishers that go on: each in a thread of the pool, and the last one in this thread, which costs it nothing when it is alone.</summary>
    private ref struct Done
    {
        private PendingAppend? _last;

        public void Add(PendingAppend publish)
        {
            if (_last is not null) ThreadPool.UnsafeQueueUserWorkItem(_last, preferLocal: true);
            _last = publish;
        }

        public readonly void Continue() => _last?.Execute();
    }
}

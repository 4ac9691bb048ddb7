namespace Realtime.Server.Routing.Polls;

/// <summary>
/// Records which responses to long polls were delivered. SignalR keeps no sent response, so a lost one would go unnoticed.
/// </summary>
/// <remarks>
/// A connection has one response in flight at a time: the next one waits. A response of this node's own is delivered once it is written.
/// One that another node passes on is delivered when that node confirms it. A response that is lost, or not confirmed in time, ends the
/// connection: its requests get a 404 from then on, so its client reconnects with its cursor. A connection has an entry here while its
/// last response is not delivered.
/// </remarks>
internal sealed partial class PollAnswers(ConnectionOwners owners, TimeProvider time, ILogger<PollAnswers> logger)
{
    /// <summary>How long a response may stay unconfirmed once the next poll is here: the caller is done with the response then.</summary>
    public static readonly TimeSpan ConfirmationLimit = TimeSpan.FromSeconds(2);

    /// <summary>How long an entry is kept. SignalR forgets a connection 16 s after its last poll, which may take 25 s.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, PollAnswer> _last = [];          // guarded by _gate; by SignalR's token
    private readonly Dictionary<string, PollAnswer> _unconfirmed = [];   // guarded by _gate; by the name of the poll
    private long _swept = time.GetTimestamp();                           // guarded by _gate

    /// <summary>Connections whose last response is not delivered.</summary>
    public int Count
    {
        get { lock (_gate) return _last.Count; }
    }

    /// <summary>Whether a connection was ended because a response was lost.</summary>
    public bool IsLost(string token)
    {
        lock (_gate) return _last.TryGetValue(token, out var last) && last.IsLost;
    }

    /// <summary>Records that the next poll of a connection has arrived.</summary>
    /// <returns>False if an earlier response was lost.</returns>
    public bool Admit(string token)
    {
        lock (_gate)
        {
            if (!_last.TryGetValue(token, out var last)) return true;
            if (!last.IsLost) Watch(last);
            return !last.IsLost;
        }
    }

    /// <summary>Waits until a connection's last response is delivered, and begins the next one.</summary>
    /// <param name="poll">See <see cref="PollAnswer"/>.</param>
    /// <returns>Null if the last response was lost.</returns>
    public async ValueTask<PollAnswer?> BeginAsync(string token, string? poll)
    {
        while (true)
        {
            PollAnswer? last;
            lock (_gate)
            {
                if (!_last.TryGetValue(token, out last)) return Begin(token, poll);
                if (last.IsLost) return null;
                Watch(last);
            }
            await last.Settled;
        }
    }

    /// <summary>Records whether a response was delivered. Only the first call counts.</summary>
    public void Settle(PollAnswer answer, bool isDelivered)
    {
        lock (_gate)
        {
            if (answer.Settled.IsCompleted || answer.IsLost) return;
            if (answer.Poll is { } poll) _unconfirmed.Remove(poll);
            if (isDelivered) _last.Remove(answer.Token);
            else (answer.IsLost, answer.Since) = (true, time.GetTimestamp());
        }
        if (!isDelivered)
        {
            AnswerLost();
            owners.End(answer.Token);
        }
        answer.Settle();
    }

    /// <summary>
    /// The same for a response that another node has passed on. A name that is unknown or already settled changes nothing.
    /// </summary>
    public void Settle(ReadOnlySpan<char> poll, bool isDelivered)
    {
        PollAnswer? answer;
        lock (_gate) _unconfirmed.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(poll, out answer);
        if (answer is not null) Settle(answer, isDelivered);
    }

    // Under the lock.
    private PollAnswer Begin(string token, string? poll)
    {
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(_swept, now) > SweepInterval) Sweep(now);
        var answer = new PollAnswer(token, poll, now);
        _last[token] = answer;
        if (poll is not null) _unconfirmed[poll] = answer;
        return answer;
    }

    // Under the lock. The remaining entries belong to connections that SignalR has forgotten.
    private void Sweep(long now)
    {
        _swept = now;
        foreach (var (token, answer) in _last)
        {
            if (time.GetElapsedTime(answer.Since, now) <= Memory) continue;
            _last.Remove(token);
            if (answer.Poll is { } poll) _unconfirmed.Remove(poll);
        }
    }

    // Under the lock.
    private void Watch(PollAnswer answer)
    {
        if (answer.IsWatched) return;
        answer.IsWatched = true;
        _ = LimitAsync(answer);
    }

    private async Task LimitAsync(PollAnswer answer)
    {
        try
        {
            await answer.Settled.WaitAsync(ConfirmationLimit, time);
        }
        catch (TimeoutException)
        {
            Settle(answer, isDelivered: false);
        }
    }

    [LoggerMessage(RoutingEventIds.AnswerLost, LogLevel.Debug,
        "The answer to a long poll was lost, or not confirmed in time: the connection ends, and its client reconnects with its cursor.")]
    private partial void AnswerLost();
}

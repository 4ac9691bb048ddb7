namespace Realtime.Server.Routing.Polls;

/// <summary>An answer with messages to a long poll, from its first byte until it is known whether it was delivered.</summary>
/// <param name="token">SignalR's token of the connection.</param>
/// <param name="poll">What the forwarding node calls the poll when it confirms it; null: no node confirms it.</param>
/// <param name="since">A timestamp.</param>
internal sealed class PollAnswer(string token, string? poll, long since)
{
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Token => token;

    public string? Poll => poll;

    public long Since { get; set; } = since;

    public bool IsLost { get; set; }

    /// <summary>Whether a time limit for its confirmation runs.</summary>
    public bool IsWatched { get; set; }

    /// <summary>Completes when it is delivered or lost.</summary>
    public Task Settled => _settled.Task;

    public void Settle() => _settled.TrySetResult();
}

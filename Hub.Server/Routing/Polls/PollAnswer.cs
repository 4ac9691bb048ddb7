namespace Realtime.Server.Routing.Polls;

/// <summary>A response with messages to a long poll, from its first byte until it is delivered or lost.</summary>
/// <param name="token">SignalR's token of the connection.</param>
/// <param name="poll">The name by which the forwarding node confirms the poll; null if no node confirms it.</param>
/// <param name="since">A timestamp.</param>
internal sealed class PollAnswer(string token, string? poll, long since)
{
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Token => token;

    public string? Poll => poll;

    public long Since { get; set; } = since;

    public bool IsLost { get; set; }

    /// <summary>Whether the time limit for its confirmation is running.</summary>
    public bool IsWatched { get; set; }

    /// <summary>Completes when the response is delivered or lost.</summary>
    public Task Settled => _settled.Task;

    public void Settle() => _settled.TrySetResult();
}

namespace Realtime.Server.Routing.Polls;

/// <summary>On a long poll that is about to be forwarded to an owner that waits for confirmations.</summary>
/// <param name="Delivered">The name of an earlier poll whose answer was delivered, if this one says so.</param>
internal sealed record NamedPoll(string Name, string? Delivered)
{
    /// <summary>The value of <see cref="ForwardHeaders.Poll"/>.</summary>
    public string Text => Delivered is null ? Name : $"{Name} {Delivered}";
}

namespace Realtime.Server.Routing.Polls;

/// <summary>Set on a long poll that is about to be forwarded to an owner that waits for confirmations.</summary>
/// <param name="Delivered">The name of an earlier poll whose response was delivered; null if this one confirms none.</param>
internal sealed record NamedPoll(string Name, string? Delivered)
{
    /// <summary>The value of <see cref="ForwardHeaders.Poll"/>.</summary>
    public string Text => Delivered is null ? Name : $"{Name} {Delivered}";
}

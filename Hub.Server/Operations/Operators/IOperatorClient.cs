namespace Realtime.Server.Operations.Operators;

/// <summary>What an operator's client can be called for. Both are worth nothing later, so neither is kept or sent again.</summary>
internal interface IOperatorClient
{
    /// <summary>What a node has done so far: from every node, once a second.</summary>
    Task Node(NodeStats stats);

    /// <summary>What an operator has said to all operators.</summary>
    Task Announcement(Announcement announcement);
}

/// <param name="Text">Plain text, to be shown as such.</param>
/// <param name="By">The user id of the operator.</param>
/// <param name="At">When it was said, by the clock of the node that took it.</param>
internal sealed record Announcement(string Text, string By, DateTimeOffset At);

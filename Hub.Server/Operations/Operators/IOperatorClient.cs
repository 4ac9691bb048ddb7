namespace Realtime.Server.Operations.Operators;

/// <summary>The calls that an operator's client receives. Both are useless later, so neither is stored or sent again.</summary>
internal interface IOperatorClient
{
    /// <summary>The statistics of a node since its start. Every node sends them once a second.</summary>
    Task Node(NodeStats stats);

    /// <summary>A message from an operator to all operators.</summary>
    Task Announcement(Announcement announcement);
}

/// <param name="Text">Plain text, to be shown as such.</param>
/// <param name="By">The user id of the operator.</param>
/// <param name="At">When a node received it, by that node's clock.</param>
internal sealed record Announcement(string Text, string By, DateTimeOffset At);

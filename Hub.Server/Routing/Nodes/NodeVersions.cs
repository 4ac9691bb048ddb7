using System.Globalization;
using Realtime.Server.Routing.Forwarding;
using Realtime.Server.Routing.Polls;
using Realtime.Server.Routing.Questions;
using Realtime.Server.Routing.Refreshes;
using Realtime.Server.Security.Sessions;

namespace Realtime.Server.Routing.Nodes;

/// <summary>
/// The versions of the formats that nodes exchange: cursors, announcements, requests between nodes. Nodes of two versions run side by side
/// during an upgrade, so a node uses a version's features only if the nodes concerned support it.
/// </summary>
internal static class NodeVersions
{
    /// <summary>Nodes of e4c6052, which do not announce a version.</summary>
    public const int First = 1;

    /// <summary>Confirms whether the response to a forwarded long poll was delivered (<see cref="PollConfirmations"/>).</summary>
    public const int ConfirmedPolls = 2;

    /// <summary>Reads cursors of the second format.</summary>
    public const int ShortCursors = 2;

    /// <summary>
    /// Proves its identity on each new connection (<see cref="NodeProof"/>) and reads marks of the second form (<see cref="ForwardMark"/>).
    /// Accepts reports of connections that were opened on another node.
    /// </summary>
    public const int ProvenConnections = 3;

    /// <summary>Reads a publish that was stored while a slot of a Redis Cluster moved (append.lua: once, head).</summary>
    public const int MovingSlots = 4;

    /// <summary>Carries out and answers refreshes of connections (<see cref="RefreshThroughRedis"/>).</summary>
    public const int Refreshes = 5;

    /// <summary>Lists the browser sessions that it ends (<see cref="EndedSessionList"/>).</summary>
    public const int EndedSessions = 6;

    /// <summary>Answers questions about itself (<see cref="QuestionEndpoint"/>).</summary>
    public const int Questions = 7;

    /// <summary>Reads records of idempotency keys that keep the trace of the first publish.</summary>
    public const int KeptTraces = 8;

    /// <summary>The version of this build.</summary>
    public const int Current = 8;

    /// <summary>Reads the version that a node announced; <see cref="First"/> if no node could have written it.</summary>
    public static int Read(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0 ? version : First;
}

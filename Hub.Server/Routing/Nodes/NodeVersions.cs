using System.Globalization;
using Realtime.Server.Routing.Forwarding;
using Realtime.Server.Routing.Polls;

namespace Realtime.Server.Routing.Nodes;

/// <summary>
/// The versions of what nodes read and write: cursors, announcements, requests between nodes. Nodes of two versions run side by side during
/// an upgrade, so a node uses what came with a version only if the nodes that it concerns speak it.
/// </summary>
internal static class NodeVersions
{
    /// <summary>Nodes of e4c6052, which do not say what they speak.</summary>
    public const int First = 1;

    /// <summary>Who forwards a long poll says whether its answer was delivered (<see cref="PollConfirmations"/>).</summary>
    public const int ConfirmedPolls = 2;

    /// <summary>Reads cursors of the second format.</summary>
    public const int ShortCursors = 2;

    /// <summary>
    /// Proves on each new connection who it is (<see cref="NodeProof"/>), reads marks of the second form (<see cref="ForwardMark"/>), and
    /// takes word of connections that were opened on another node.
    /// </summary>
    public const int ProvenConnections = 3;

    /// <summary>Reads what a publish leaves that was stored while a slot of a Redis Cluster moved (append.lua: once, head).</summary>
    public const int MovingSlots = 4;

    /// <summary>This build's.</summary>
    public const int Current = 4;

    /// <summary>Reads what a node wrote of itself; the first version if no node could have written it.</summary>
    public static int Read(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0 ? version : First;
}

using System.Diagnostics;

namespace Realtime.Compare.Server;

/// <summary>Servers that are started for the measurement and end with it.</summary>
internal interface IDeployment : IAsyncDisposable
{
    /// <summary>The address for readers and the publisher.</summary>
    Uri Address { get; }

    AccessTokens Tokens { get; }

    /// <summary>All processes that serve or store: their CPU and memory count as the server's. A proxy is not included.</summary>
    IReadOnlyList<Process> Processes { get; }

    /// <summary>The nodes that <see cref="Address"/> leads to, each at its own address.</summary>
    IReadOnlyList<Uri> Nodes { get; }

    /// <summary>Like <see cref="Address"/>, but all requests of one reader reach the same node; null if there is only one node.</summary>
    Uri? WithAffinity { get; }
}

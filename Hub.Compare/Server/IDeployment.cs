using System.Diagnostics;

namespace Realtime.Compare.Server;

/// <summary>Servers that were started for the measurement and end with it.</summary>
internal interface IDeployment : IAsyncDisposable
{
    /// <summary>Where readers and the publisher come in.</summary>
    Uri Address { get; }

    AccessTokens Tokens { get; }

    /// <summary>All that serve and store: their CPU and memory are the server's. A proxy in front is not among them.</summary>
    IReadOnlyList<Process> Processes { get; }

    /// <summary>The nodes behind <see cref="Address"/>, each at its own address.</summary>
    IReadOnlyList<Uri> Nodes { get; }

    /// <summary>Like <see cref="Address"/>, but all requests of one reader reach the same node; null where there is only one.</summary>
    Uri? WithAffinity { get; }
}

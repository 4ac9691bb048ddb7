using Realtime.Compare.Load;
using Realtime.Compare.Peers;
using Realtime.Compare.Server;

namespace Realtime.Compare.Contenders;

/// <summary>The event stream of a server written with ASP.NET Core alone: the yardstick.</summary>
internal sealed class BareContender : IContender
{
    public string Name => "Bare";

    public ServerProgram Server => ServerProgram.Bare;

    public Task ReadAsync(Seat seat, CancellationToken cancel) => EventSourceContender.ReadAsync(BareEventStreams.Path, seat, cancel);
}

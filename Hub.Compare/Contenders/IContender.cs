using Realtime.Compare.Load;
using Realtime.Compare.Server;

namespace Realtime.Compare.Contenders;

/// <summary>
/// A way of receiving that is measured. To add one: implement this in one file, and add it to <see cref="AllContenders"/>.
/// </summary>
internal interface IContender
{
    /// <summary>The name in the results.</summary>
    string Name { get; }

    /// <summary>The program that it reads from.</summary>
    ServerProgram Server => ServerProgram.Hub;

    /// <summary>
    /// Opens one connection and passes every item to <see cref="Seat.Take"/>, in order, starting after <see cref="Seat.After"/>. Returns or
    /// throws when the connection ends, and is then called again; leaves nothing open. Readers do not share connections.
    /// </summary>
    /// <param name="cancel">Ends the reading.</param>
    Task ReadAsync(Seat seat, CancellationToken cancel);
}

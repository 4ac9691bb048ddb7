using Realtime.Compare.Load;

namespace Realtime.Compare.Contenders;

/// <summary>
/// A way of receiving that is measured. To add one: implement this in one file, and add it to <see cref="AllContenders"/>.
/// </summary>
internal interface IContender
{
    /// <summary>As it stands in the results.</summary>
    string Name { get; }

    /// <summary>
    /// Opens one connection and gives every item to <see cref="Seat.Take"/>, in order, beginning behind <see cref="Seat.After"/>. Returns
    /// or throws when the connection ends, and then is called again; leaves nothing open behind. Connections are not shared between
    /// readers.
    /// </summary>
    /// <param name="cancel">Ends the reading.</param>
    Task ReadAsync(Seat seat, CancellationToken cancel);
}

namespace Realtime.Compare.Wire;

/// <summary>The traffic on a wire: payload bytes of TCP, without the headers of TCP and IP.</summary>
/// <param name="Up">Bytes from the readers to the server.</param>
/// <param name="Down">Bytes from the server to the readers.</param>
/// <param name="Requests">HTTP requests of the readers.</param>
/// <param name="Connections">TCP connections that the readers opened.</param>
internal readonly record struct Traffic(long Up, long Down, long Requests, long Connections)
{
    public static Traffic operator -(Traffic later, Traffic earlier) =>
        new(later.Up - earlier.Up, later.Down - earlier.Down, later.Requests - earlier.Requests, later.Connections - earlier.Connections);
}

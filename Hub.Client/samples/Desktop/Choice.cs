using Realtime.Client;

namespace Realtime.Samples.Desktop;

/// <summary>The user's choice of a transport.</summary>
/// <param name="Name">On the command line and on the screen.</param>
/// <param name="Transports">Best first; null: those of the library, in its order.</param>
internal sealed record Choice(string Name, IReadOnlyList<Transport>? Transports)
{
    public static readonly IReadOnlyList<Choice> All =
    [
        new("automatic", null),
        new("websockets", [Transport.WebSockets]),
        new("sse", [Transport.ServerSentEvents]),
        new("long-polling", [Transport.LongPolling]),
        new("eventsource", [Transport.EventSource]),
    ];

    /// <summary>The next one of the list, and the first after the last.</summary>
    public Choice Next => All[(All.ToList().IndexOf(this) + 1) % All.Count];
}

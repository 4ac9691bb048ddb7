namespace Realtime.Client;

/// <summary>The ways of receiving.</summary>
public enum Transport
{
    /// <summary>SignalR over one WebSocket: the least traffic and the shortest way.</summary>
    WebSockets,

    /// <summary>SignalR over a server-sent event stream; what is sent goes by requests of its own. Text protocols (JSON) only.</summary>
    ServerSentEvents,

    /// <summary>SignalR over requests that the server answers when it has something: passes everything that passes HTTP.</summary>
    LongPolling,

    /// <summary>
    /// The hub's plain event stream, without SignalR. Known to readers of the order feed only: it carries no hub connection.
    /// </summary>
    EventSource,
}

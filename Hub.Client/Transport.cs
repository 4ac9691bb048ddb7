namespace Realtime.Client;

/// <summary>The ways of receiving.</summary>
public enum Transport
{
    /// <summary>SignalR over one WebSocket: the least traffic and the shortest way.</summary>
    WebSockets,

    /// <summary>SignalR over a server-sent event stream; what is sent goes by requests of its own.</summary>
    ServerSentEvents,

    /// <summary>SignalR over requests that the server answers when it has something: passes everything that passes HTTP.</summary>
    LongPolling,

    /// <summary>The hub's plain event stream, without SignalR.</summary>
    EventSource,
}

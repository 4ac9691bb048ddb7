namespace Realtime.Client;

/// <summary>The transports.</summary>
public enum Transport
{
    /// <summary>SignalR over one WebSocket: the least traffic and the lowest latency.</summary>
    WebSockets,

    /// <summary>SignalR over a server-sent event stream; the client sends with separate requests.</summary>
    ServerSentEvents,

    /// <summary>SignalR over requests that the server answers when it has something to send: works wherever HTTP works.</summary>
    LongPolling,

    /// <summary>The hub's plain event stream, without SignalR.</summary>
    EventSource,
}

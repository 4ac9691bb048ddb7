namespace Realtime.Server.Routing;

/// <summary>On the request that opens a WebSocket with another node's token: the connection id that its client was told.</summary>
internal sealed record AdoptedId(string ConnectionId);

namespace Realtime.Server.Routing;

/// <summary>The connection id that the client already has. Set on a request that opens a WebSocket with another node's token.</summary>
internal sealed record AdoptedId(string ConnectionId);

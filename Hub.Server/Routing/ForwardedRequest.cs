namespace Realtime.Server.Routing;

/// <summary>Marks a request that another node has forwarded; absent on all others.</summary>
/// <param name="Poll">The long poll's name, by which that node confirms its response; null if it does not confirm.</param>
internal sealed record ForwardedRequest(string? Poll);

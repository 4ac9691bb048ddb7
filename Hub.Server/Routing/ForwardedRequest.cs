namespace Realtime.Server.Routing;

/// <summary>Says on a request that the owner got it from another node; absent on all others.</summary>
/// <param name="Poll">A long poll's name, by which that node confirms its answer; null: it does not confirm.</param>
internal sealed record ForwardedRequest(string? Poll);

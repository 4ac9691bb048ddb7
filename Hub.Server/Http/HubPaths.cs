namespace Realtime.Server.Http;

/// <summary>Where the hubs are.</summary>
internal static class HubPaths
{
    public const string Orders = "/hubs/orders";
    public const string Operators = "/hubs/operators";

    public static IReadOnlyList<string> All { get; } = [Orders, Operators];
}

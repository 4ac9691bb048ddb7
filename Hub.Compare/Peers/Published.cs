using System.Text.Json;
using Microsoft.AspNetCore.Routing;

namespace Realtime.Compare.Peers;

/// <summary>The body of a publish, as the hub takes it: for whom, and what.</summary>
/// <param name="To">Users, groups, or everyone.</param>
internal sealed record Published(Recipients To, string Type, JsonElement OrderId, JsonElement Data)
{
    /// <summary>The part that readers get.</summary>
    public Delivery Delivery => new(Type, OrderId, Data);
}

/// <param name="Users">Null: none.</param>
/// <param name="Groups">Null: none.</param>
internal sealed record Recipients(IReadOnlyList<string>? Users, IReadOnlyList<string>? Groups, bool Everyone);

/// <param name="Data">Null in the first delivery, which only says that the reader is subscribed.</param>
internal sealed record Delivery(string? Type, JsonElement? OrderId, JsonElement? Data)
{
    public static readonly Delivery Subscribed = new(null, null, null);
}

/// <summary>A small server that takes part in the comparison beside the hub.</summary>
internal interface IPeer
{
    /// <summary>Passes a publish on to the readers that are there.</summary>
    Task PublishAsync(Published published, CancellationToken cancel);

    /// <summary>Adds the address for readers.</summary>
    void Map(IEndpointRouteBuilder routes);
}

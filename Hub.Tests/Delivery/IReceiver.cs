using System.Text.Json;

namespace Realtime.Tests.Delivery;

/// <summary>One way of receiving, from the client's point of view.</summary>
internal interface IReceiver : IAsyncDisposable
{
    /// <summary>The next item as it came over the wire; null when the server has ended the stream.</summary>
    Task<JsonElement?> NextAsync(CancellationToken cancel);
}

using Realtime.Server.Log;

namespace Realtime.Tests.Log;

/// <summary>A log on a store of its own, and what may happen to that store. Disposing it removes the store.</summary>
internal interface ILogUnderTest : IAsyncDisposable
{
    /// <summary>The open log; another one after <see cref="ReopenAsync"/> and <see cref="RewindAsync"/>.</summary>
    INotificationLog Log { get; }

    /// <summary>Closes the log and opens one on the same store, as a restarted process does.</summary>
    Task ReopenAsync();

    /// <summary>Takes a backup of the store as it is now. Nothing is being written meanwhile.</summary>
    Task BackUpAsync();

    /// <summary>
    /// Puts the last backup in the place of the store, as an operator does after a disaster: what came later is lost, no clock goes back.
    /// </summary>
    /// <param name="keepAcknowledged">Acknowledgements are as they were: they lay on another shard, which lost nothing.</param>
    Task RewindAsync(bool keepAcknowledged = false);
}

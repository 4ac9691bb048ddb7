using Realtime.Server.Log;

namespace Realtime.Tests.Log;

/// <summary>A log on a store of its own, and the faults that a test can cause in that store. Disposing it removes the store.</summary>
internal interface ILogUnderTest : IAsyncDisposable
{
    /// <summary>The open log; another one after <see cref="ReopenAsync"/> and <see cref="RewindAsync"/>.</summary>
    INotificationLog Log { get; }

    /// <summary>Closes the log and opens one on the same store, as a restarted process does.</summary>
    Task ReopenAsync();

    /// <summary>Takes a backup of the store. Nothing is being written at that time.</summary>
    Task BackUpAsync();

    /// <summary>
    /// Replaces the store by the last backup, as an operator does after a disaster: later data are lost, and no clock goes back.
    /// </summary>
    /// <param name="keepAcknowledged">Keeps the acknowledgements, as if they were on another shard, which lost nothing.</param>
    Task RewindAsync(bool keepAcknowledged = false);
}

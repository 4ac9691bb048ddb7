using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.SignalR;
using Realtime.Server.Feed;
using Realtime.Server.Node;

namespace Realtime.Server.Delivery;

/// <summary>
/// Logs failures in a hub method, but not client errors. SignalR itself logs both as errors, so any client could fill the log with bad
/// cursors. Its own category is silenced for that reason (<see cref="Category"/>).
/// </summary>
internal sealed partial class HubFailures(ILogger<HubFailures> logger) : IHubFilter
{
    public const string Category = "Microsoft.AspNetCore.SignalR.Internal.DefaultHubDispatcher";

    public async ValueTask<object?> InvokeMethodAsync(
        HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        var method = invocationContext.HubMethodName;
        try
        {
            var result = await next(invocationContext);
            return result is IAsyncEnumerable<CurrentItem> items ? new ObservedStream(items, failure => Failed(method, failure)) : result;
        }
        catch (Exception failure) when (IsOurs(failure))
        {
            Failed(method, failure);
            throw;
        }
    }

    /// <summary>True if the exception is neither a refusal nor a client that left.</summary>
    private static bool IsOurs(Exception failure) => failure is not (HubException or OperationCanceledException);

    [LoggerMessage(EventIds.HubFailed, LogLevel.Error, "The hub's method {Method} failed; its caller got an error.")]
    private partial void Failed(string method, Exception failure);

    private sealed class ObservedStream(IAsyncEnumerable<CurrentItem> items, Action<Exception> onFailure) : IAsyncEnumerable<CurrentItem>
    {
        public IAsyncEnumerator<CurrentItem> GetAsyncEnumerator(CancellationToken cancellationToken) =>
            new Enumerator(items.GetAsyncEnumerator(cancellationToken), onFailure);
    }

    private sealed class Enumerator(IAsyncEnumerator<CurrentItem> items, Action<Exception> onFailure) : IAsyncEnumerator<CurrentItem>
    {
        public CurrentItem Current => items.Current;

        public ValueTask<bool> MoveNextAsync()
        {
            var next = items.MoveNextAsync();
            return next.IsCompletedSuccessfully ? next : ObserveAsync(next);
        }

        public ValueTask DisposeAsync() => items.DisposeAsync();

        // Runs each time a reader has to wait, so it should allocate nothing.
        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        private async ValueTask<bool> ObserveAsync(ValueTask<bool> next)
        {
            try
            {
                return await next;
            }
            catch (Exception failure) when (IsOurs(failure))
            {
                onFailure(failure);
                throw;
            }
        }
    }
}

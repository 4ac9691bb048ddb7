using System.Diagnostics;

namespace Realtime.Client.Feed.Items;

/// <summary>
/// A loop's items. While the body handles a notification that was traced, a span <c>process</c> is current there, under the publish.
/// </summary>
/// <remarks>
/// The loop itself calls <see cref="IAsyncEnumerator{T}.Current"/>, so a span that starts there is current in the body. Inside an async
/// iterator it would be current only to the iterator.
/// </remarks>
internal sealed class ProcessSpans<T>(IAsyncEnumerable<T> items) : IAsyncEnumerable<T>
    where T : OrderFeedItem
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new Enumerator(items.GetAsyncEnumerator(cancellationToken));

    private sealed class Enumerator(IAsyncEnumerator<T> items) : IAsyncEnumerator<T>
    {
        private Activity? _span;
        private bool _isTaken;

        public T Current
        {
            get
            {
                var item = items.Current;
                if (!_isTaken) _span = ProcessSpan.Start(item);
                _isTaken = true;
                return item;
            }
        }

        public ValueTask<bool> MoveNextAsync()
        {
            End();
            return items.MoveNextAsync();
        }

        public ValueTask DisposeAsync()
        {
            End();
            return items.DisposeAsync();
        }

        private void End()
        {
            _span?.Dispose();
            (_span, _isTaken) = (null, false);
        }
    }
}

/// <summary>The span of an item's handling.</summary>
internal static class ProcessSpan
{
    /// <summary>For <c>AddSource</c>; docs/clients.md names it.</summary>
    public const string SourceName = "Realtime.Client";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Null without a listener, and for an item that was not traced.</summary>
    public static Activity? Start(OrderFeedItem item) =>
        Source.HasListeners() && item is OrderNotification { Trace: { } trace }
            && ActivityContext.TryParse(trace, null, isRemote: true, out var publish)
            ? Source.StartActivity("process", ActivityKind.Consumer, publish)
            : null;
}

using System.Diagnostics;
using Realtime.Server.Node;
using Realtime.Server.Notifications;

namespace Realtime.Server.Log;

/// <summary>A log that records how long each operation takes, and traces appends. Costs a check if no program collects that.</summary>
internal sealed class MeasuredLog(INotificationLog log, HubHistograms histograms) : INotificationLog
{
    public Task<AppendOutcome> AppendAsync(Draft draft, CancellationToken cancel)
    {
        var start = histograms.StartStore();
        var append = AppendAsync(HubTraces.StartAppend(draft.Topics.Count), draft, cancel);
        return start == 0 ? append : MeasureAsync(new ValueTask<AppendOutcome>(append), StoreOperation.Append, start).AsTask();
    }

    public ValueTask<LogPage> ReadAsync(Topic topic, Position? after, PageLimit limit, CancellationToken cancel)
    {
        var start = histograms.StartStore();
        var read = log.ReadAsync(topic, after, limit, cancel);
        return start == 0 ? read : MeasureAsync(read, StoreOperation.Read, start);
    }

    public ValueTask<IReadOnlyDictionary<Topic, Position>> ReadAcknowledgedAsync(string user, CancellationToken cancel)
    {
        var start = histograms.StartStore();
        var read = log.ReadAcknowledgedAsync(user, cancel);
        return start == 0 ? read : MeasureAsync(read, StoreOperation.ReadAcknowledged, start);
    }

    public Task<bool> AcknowledgeAsync(string user, IReadOnlyDictionary<Topic, Position> positions, CancellationToken cancel)
    {
        var start = histograms.StartStore();
        var move = log.AcknowledgeAsync(user, positions, cancel);
        return start == 0 ? move : MeasureAsync(new ValueTask<bool>(move), StoreOperation.Acknowledge, start).AsTask();
    }

    private Task<AppendOutcome> AppendAsync(Activity? span, Draft draft, CancellationToken cancel) =>
        span is null ? log.AppendAsync(draft, cancel) : TraceAsync(span, draft, cancel);

    private async Task<AppendOutcome> TraceAsync(Activity span, Draft draft, CancellationToken cancel)
    {
        using (span)
        {
            try
            {
                return await log.AppendAsync(draft, cancel);
            }
            catch (LogUnavailableException)
            {
                span.SetStatus(ActivityStatusCode.Error);
                throw;
            }
        }
    }

    private async ValueTask<T> MeasureAsync<T>(ValueTask<T> call, StoreOperation operation, long start)
    {
        var isAnswered = false;
        try
        {
            var result = await call;
            isAnswered = true;
            return result;
        }
        finally
        {
            histograms.Stored(operation, isAnswered, start);
        }
    }
}

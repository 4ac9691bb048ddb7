using Realtime.Server.Http;
using Realtime.Server.Log;
using Realtime.Server.Node;
using Realtime.Server.Publishing.Body;

namespace Realtime.Server.Publishing;

/// <summary>Turns the bytes of one publish into an append under way; the same for a request and for a line of a batch.</summary>
internal sealed partial class Publisher(
    INotificationLog log, PublishQuota quota, PublishRoom room, HubCounters counters, TimeProvider time, ILogger<Publisher> logger)
{
    /// <summary>A publish begins.</summary>
    /// <returns>For <see cref="End"/>.</returns>
    public long Begin() => counters.Histograms.StartPublish();

    /// <summary>A publish has its answer. Call it once for each.</summary>
    public void End(in PublishAnswer answer, long begun) => counters.CountPublish(answer.Outcome, begun);

    /// <summary>Validates a publish. Returns a draft to store, or the answer that refuses it.</summary>
    /// <param name="headerKey">The key of a request; a line of a batch carries its own.</param>
    /// <param name="trace">From <see cref="HubTraces.StartPublish"/>.</param>
    public Draft? Prepare(
        ReadOnlySpan<byte> json, string publisher, string? headerKey, bool isLine, string? trace, out PublishAnswer refusal)
    {
        refusal = default;
        if (PublishParser.Parse(json, isLine, out var body) is { } errors) refusal = PublishAnswer.Refused(Problem.Invalid(errors));
        // Counted last, because a refused publish does not count.
        else if (!quota.TryTake(publisher)) refusal = PublishAnswer.TooMany;
        else return DraftFactory.Make(publisher, body, headerKey ?? body.IdempotencyKey, trace, time.GetUtcNow());
        return null;
    }

    /// <summary>
    /// Takes the room that a draft needs while it is being stored. Then call <see cref="StartAsync"/> and <see cref="FinishAsync"/>.
    /// </summary>
    /// <returns>False if there is no room now.</returns>
    public bool TryAdmit(Draft draft) => room.TryTake(PublishRoom.BytesOf(draft));

    /// <summary>The same, and waits for room.</summary>
    public ValueTask<bool> AdmitAsync(Draft draft, TimeSpan patience, CancellationToken cancel) =>
        room.TakeAsync(PublishRoom.BytesOf(draft), patience, time, cancel);

    /// <summary>Starts to store a draft. Drafts are stored in the order of the calls. Ends within two seconds.</summary>
    public Task<AppendOutcome> StartAsync(Draft draft)
    {
        try
        {
            // Not the request's token: a publisher that disconnects must not leave half a publish, and the log bounds its calls itself.
            return log.AppendAsync(draft, CancellationToken.None);
        }
        catch (Exception exception)
        {
            return Task.FromException<AppendOutcome>(exception);
        }
    }

    /// <summary>The result of a started append. Never throws.</summary>
    public async ValueTask<PublishAnswer> FinishAsync(Draft draft, Task<AppendOutcome> append)
    {
        try
        {
            return PublishAnswer.Of(draft, await append);
        }
        catch (LogUnavailableException)
        {
            return PublishAnswer.NotConfirmed;
        }
        catch (Exception exception)
        {
            AppendFailed(draft.Id, exception);
            return PublishAnswer.Broken;
        }
        finally
        {
            room.GiveBack(PublishRoom.BytesOf(draft));
        }
    }

    [LoggerMessage(EventIds.AppendFailed, LogLevel.Error,
        "The log failed to store {Id} in a way it does not declare; the publisher got a 500.")]
    private partial void AppendFailed(string id, Exception exception);
}

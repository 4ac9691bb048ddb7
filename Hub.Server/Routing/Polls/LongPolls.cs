namespace Realtime.Server.Routing.Polls;

/// <summary>Wraps SignalR's long polls: the next response waits until the last one is delivered.</summary>
internal sealed class LongPolls(PollAnswers answers)
{
    /// <summary>Whether a connection was ended because a response was lost.</summary>
    public bool AreLost(string token) => answers.IsLost(token);

    /// <returns>False if a response of the connection was lost; nothing has been sent to the caller then.</returns>
    public async Task<bool> TryAnswerAsync(HttpContext context, string token, RequestDelegate next)
    {
        if (!answers.Admit(token)) return false;
        var poll = context.Features.Get<ForwardedRequest>()?.Poll;
        PollAnswer? answer = null;
        // On this exception SignalR ends the poll without a log entry.
        var body = new PollBody(
            context, async () => answer = await answers.BeginAsync(token, poll) ?? throw new OperationCanceledException());
        body.Put();
        try
        {
            await next(context);
        }
        finally
        {
            body.TakeAway();
            // If another node passes a whole response on, that node confirms it.
            if (answer is not null && !(body.IsWhole && poll is not null)) answers.Settle(answer, body.IsWhole);
        }
        return context.Response.HasStarted || !answers.IsLost(token);
    }
}

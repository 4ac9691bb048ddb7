namespace Realtime.Server.Routing.Polls;

/// <summary>Goes around SignalR's long polls: an answer is not followed by the next one before it was delivered.</summary>
internal sealed class LongPolls(PollAnswers answers)
{
    /// <summary>Whether a connection was ended because an answer was lost.</summary>
    public bool AreLost(string token) => answers.IsLost(token);

    /// <returns>False: an answer of the connection was lost, and nothing has been said to the caller.</returns>
    public async Task<bool> TryAnswerAsync(HttpContext context, string token, RequestDelegate next)
    {
        if (!answers.Admit(token)) return false;
        var poll = context.Features.Get<ForwardedRequest>()?.Poll;
        PollAnswer? answer = null;
        // SignalR ends the poll on such an exception without an entry in the log.
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
            // A whole one that another node passes on is for that node to confirm.
            if (answer is not null && !(body.IsWhole && poll is not null)) answers.Settle(answer, body.IsWhole);
        }
        return context.Response.HasStarted || !answers.IsLost(token);
    }
}

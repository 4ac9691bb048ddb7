namespace Realtime.Server.Routing;

/// <summary>Goes around SignalR's long polls, and sees to it that an answer is not followed by the next one before it was delivered.</summary>
internal sealed class LongPolls(PollAnswers answers)
{
    /// <summary>Whether a connection was ended because an answer was lost.</summary>
    public bool AreLost(string token) => answers.IsLost(token);

    /// <returns>False: an answer of the connection was lost, and nothing has been said to the caller.</returns>
    public async Task<bool> TryAnswerAsync(HttpContext context, string token, RequestDelegate next)
    {
        if (!answers.Admit(token)) return false;
        var caller = context.Response.Body;
        var body = new PollBody(context, caller, answers, token, context.Features.Get<ForwardedRequest>()?.Poll);
        context.Response.Body = body;
        var isWhole = false;
        try
        {
            await next(context);
            isWhole = body.IsWhole;
        }
        finally
        {
            context.Response.Body = caller;
            if (body.Answer is { } answer) await EndAsync(context, answer, isWhole);
        }
        return context.Response.HasStarted || !answers.IsLost(token);
    }

    private async Task EndAsync(HttpContext context, PollAnswer answer, bool isWhole)
    {
        if (isWhole && answer.Poll is null) await context.Response.CompleteAsync();
        isWhole &= !context.RequestAborted.IsCancellationRequested;
        // A whole one that another node passes on is for that node to confirm.
        if (!isWhole || answer.Poll is null) answers.Settle(answer, isWhole);
    }
}

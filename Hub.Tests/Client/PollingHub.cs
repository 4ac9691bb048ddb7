using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>A hub over long polling. Once a connection has its position, the test writes the responses.</summary>
internal sealed class PollingHub(Func<HttpContext, int, Task> answer, int? delete, int post) : IAsyncDisposable
{
    // The first poll starts the connection, the second brings the handshake, the third the position.
    private const int PollsBefore = 3;

    private readonly ConcurrentDictionary<string, Connection> _connections = new();
    private int _negotiated;

    public LoopbackServer Server { get; private set; } = null!;

    /// <summary>The methods of all requests of the n-th connection after its negotiation, oldest first.</summary>
    public IEnumerable<string> MethodsOf(int connection) =>
        Server.Requests.Where(request => request.Query == $"?id=t{connection}").Select(request => request.Method);

    /// <summary>Polls of the n-th connection that the test answers.</summary>
    public int PollsOf(int connection) => MethodsOf(connection).Count(method => method == "GET") - PollsBefore;

    /// <param name="answer">Answers the n-th poll of a connection after its position, counted from 1.</param>
    /// <param name="delete">The status that answers a goodbye; null: it gets no response.</param>
    /// <param name="post">The status that answers the client's messages.</param>
    public static async Task<PollingHub> StartAsync(Func<HttpContext, int, Task> answer, int? delete = 202, int post = 200)
    {
        var hub = new PollingHub(answer, delete, post);
        hub.Server = await LoopbackServer.AnsweringAsync(hub.AnswerAsync);
        return hub;
    }

    public static string Item(string json) => $$"""{"type":2,"invocationId":"1","item":{{json}}}""" + "\u001e";

    public static Task Status(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        if (context.Request.IsNegotiation()) return NegotiateAsync(context);
        var connection = _connections[context.Request.Query["id"].ToString()];
        return context.Request.Method switch
        {
            "POST" => TakeAsync(context, connection),
            "DELETE" => delete is { } status ? Status(context, status) : LoopbackServer.UntilAborted(context),
            _ => PollAsync(context, connection),
        };
    }

    private async Task NegotiateAsync(HttpContext context)
    {
        var token = $"t{Interlocked.Increment(ref _negotiated)}";
        _connections[token] = new();
        await context.Response.WriteAsync(
            $$"""
            {"negotiateVersion":1,"connectionId":"i","connectionToken":"{{token}}",
            "availableTransports":[{"transport":"LongPolling","transferFormats":["Text"]}]}
            """,
            context.RequestAborted);
    }

    private async Task TakeAsync(HttpContext context, Connection connection)
    {
        using var body = new StreamReader(context.Request.Body);
        var sent = await body.ReadToEndAsync(context.RequestAborted);
        if (post == 200 && sent.Contains("\"Subscribe\"", StringComparison.Ordinal)) connection.Subscribed.TrySetResult();
        context.Response.StatusCode = post;
    }

    private async Task PollAsync(HttpContext context, Connection connection)
    {
        switch (Interlocked.Increment(ref connection.Polls))
        {
            case 1:
                return;
            case 2:
                await context.Response.WriteAsync("{}\u001e", context.RequestAborted);
                return;
            case PollsBefore:
                await connection.Subscribed.Task.WaitAsync(context.RequestAborted);
                await context.Response.WriteAsync(Item(FeedServer.Position), context.RequestAborted);
                return;
            case var polls:
                await answer(context, polls - PollsBefore);
                return;
        }
    }

    private sealed class Connection
    {
        public int Polls;

        public TaskCompletionSource Subscribed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

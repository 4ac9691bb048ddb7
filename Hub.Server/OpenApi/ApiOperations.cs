using Realtime.Server.Http;
using Realtime.Server.Publishing;
using Realtime.Server.Security.Sessions;

namespace Realtime.Server.OpenApi;

/// <summary>The HTTP API, operation by operation.</summary>
internal static class ApiOperations
{
    private const string Publish = "Publishing", Read = "Reading", Acknowledge = "Acknowledging", Session = "Sessions",
        Admin = "Administration";

    private static readonly ApiContent UnreadCount = new(JsonBody.Json, ApiSchemas.Unread);

    /// <summary>The operations by tag, in the order of the document.</summary>
    public static IReadOnlyList<(string Tag, ApiOperation Operation)> All { get; } =
    [
        (Publish, new("publish", "POST", Paths.Notifications, ApiAccess.Publisher, "Publishes one notification.",
            new(202, "Stored durably in every named topic.", new ApiContent(JsonBody.Json, ApiSchemas.Published)),
            [400, 401, 403, 408, 413, 415, 422, 429, 500, 503])
        {
            Parameters = [new(PublishEndpoint.KeyHeader, "header", ApiSchemas.IdempotencyKey,
                "The same key with the same body stores nothing new for 24 hours, and is answered with the first result.")],
            Body = new(JsonBody.Json, ApiSchemas.Publish),
        }),
        (Publish, new("publishBatch", "POST", Paths.Batch, ApiAccess.Publisher, "Publishes one notification a line.",
            new(200, "One line of JSON for each line of the request, in order.", new ApiContent(JsonBody.Lines, ApiSchemas.BatchAnswer)),
            [400, 401, 403, 408, 415, 500, 503])
        {
            Body = new(JsonBody.Lines, ApiSchemas.BatchLine),
            Description = "The schemas describe one line. The answer is streamed while the request is still being sent.",
        }),
        (Read, new("readNotifications", "GET", Paths.Notifications, ApiAccess.StreamReader,
            "Reads notifications: a page, or an event stream.",
            new(200, "A page; or, if `Accept` contains `text/event-stream`, a stream that goes on.",
                new ApiContent(JsonBody.Json, ApiSchemas.Page), new ApiContent("text/event-stream", ApiSchemas.EventStream)),
            [400, 401, 403, 429, 500, 503])
        {
            Parameters =
            [
                new("after", "query", ApiSchemas.After,
                    "Where to start: a cursor, `latest`, `earliest`; absent: what is not acknowledged."),
                new("limit", "query", ApiSchemas.Limit, "The most items in a page. An event stream ignores it."),
                new("Last-Event-ID", "header", ApiSchemas.Cursor, "Event stream only: the cursor of the last event. It wins over `after`."),
            ],
        }),
        (Acknowledge, new("acknowledge", "PUT", Paths.Acknowledged, ApiAccess.Reader,
            "Says that the user has seen everything up to a cursor.",
            new(200, "How many notifications are unread now.", UnreadCount), [400, 401, 403, 408, 413, 415, 500, 503])
        {
            Body = new(JsonBody.Json, ApiSchemas.Acknowledgement),
        }),
        (Acknowledge, new("countUnread", "GET", Paths.Unread, ApiAccess.Reader, "Counts what the user has not acknowledged.",
            new(200, "How many notifications are unread.", UnreadCount), [401, 403, 500, 503])),
        (Session, new("beginSession", "POST", Paths.Session, ApiAccess.Token,
            "Trades a bearer token for a cookie that reads and acknowledges.",
            new(204, $"`Set-Cookie` has the session, `{SessionCookie.Name}`."), [400, 401, 403, 500, 503])),
        (Session, new("endSession", "DELETE", Paths.Session, ApiAccess.Session,
            "Ends the browser's session and every stream that it reads.",
            new(204, "Ended on every node, or there was none."), [403, 500, 503])),
        (Admin, new("statistics", "GET", Paths.Statistics, ApiAccess.Admin, "Says what this node has done since it started.",
            new(200, "The node that took the request, or all.", new ApiContent(JsonBody.Json, ApiSchemas.Statistics)),
            [400, 401, 403, 500, 503])
        {
            Parameters = [new("nodes", "query", ApiSchemas.AllNodes, "Of all nodes; without it, of the one that answers.")],
        }),
        (Admin, new("disconnect", "POST", Paths.Disconnect, ApiAccess.Admin,
            "Disconnects a user on every node and refuses the tokens that the user has now.",
            new(202, "Stored. Streams end within a second."), [400, 401, 403, 408, 413, 415, 500, 503])
        {
            Parameters = [new("user", "query", ApiSchemas.Name, "The user id.")],
            Body = new(JsonBody.Json, ApiSchemas.Disconnect),
            BodyIsOptional = true,
            Description = "A token whose `iat` is not later is refused from then on, and one without `iat`; while `blockedUntil` is ahead, "
                + "every token is.",
        }),
        (Admin, new("admit", "DELETE", Paths.Disconnect, ApiAccess.Admin, "Accepts the user's tokens again.",
            new(202, "Stored."), [400, 401, 403, 500, 503])
        {
            Parameters = [new("user", "query", ApiSchemas.Name, "The user id.")],
        }),
        (Admin, new("describeUsers", "GET", Paths.UserAnswers, ApiAccess.Admin,
            "Says where users are connected, how far behind, what they have not acknowledged, and why their last connections ended.",
            new(200, "Of all nodes.", new ApiContent(JsonBody.Json, ApiSchemas.Users)), [400, 401, 403, 500, 503])
        {
            Parameters = [new("user", "query", ApiSchemas.Name, $"A user id; repeatable, at most {QueryNames.MaxAsked}.")],
        }),
        (Admin, new("describeTopics", "GET", Paths.TopicAnswers, ApiAccess.Admin,
            "Says what is stored of topics, and how many streams read them.",
            new(200, "Of all nodes.", new ApiContent(JsonBody.Json, ApiSchemas.Topics)), [400, 401, 403, 500, 503])
        {
            Parameters = [new("topic", "query", ApiSchemas.TopicName, $"A topic; repeatable, at most {QueryNames.MaxAsked}.")],
        }),
        (Admin, new("erase", "POST", Paths.Erase, ApiAccess.Admin, "Erases what is stored of a user.",
            new(202, "Erased in the store, and in the memory of all nodes that are not silent.",
                new ApiContent(JsonBody.Json, ApiSchemas.Erased)), [400, 401, 403, 408, 413, 415, 500, 503])
        {
            Body = new(JsonBody.Json, ApiSchemas.EraseUser),
        }),
        (Publish, new("presence", "GET", Paths.Presence, ApiAccess.Publisher, "Counts the connections that users have open.",
            new(200, "Of all nodes.", new ApiContent(JsonBody.Json, ApiSchemas.Presence)), [400, 401, 403, 500])
        {
            Parameters = [new("user", "query", ApiSchemas.Name, $"A user id; repeatable, at most {QueryNames.MaxPresent}.")],
        }),
    ];
}

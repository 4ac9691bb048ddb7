using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Realtime.Server.Delivery;
using Realtime.Server.Notifications;
using Realtime.Server.Publishing;
using Realtime.Server.Security.Revocations;

namespace Realtime.Server.OpenApi;

/// <summary>The bodies of the API as JSON Schemas (draft 2020-12, which OpenAPI 3.1 uses), with the limits that the code checks.</summary>
/// <remarks>
/// Requests are closed: an unknown member is refused. Responses are open, because later versions may add members. JSON Schema counts the
/// characters of a text as code points; the server counts UTF-16 code units.
/// </remarks>
internal sealed class ApiSchemas(OpenApiDocument document)
{
    public const string Publish = "Publish", BatchLine = "BatchLine", IdempotencyKey = "IdempotencyKey", Published = "Published",
        BatchAnswer = "BatchAnswer", Problem = "Problem", Cursor = "Cursor", Notification = "Notification", Gap = "Gap", Page = "Page",
        EventStream = "EventStream", After = "After", Limit = "Limit", Acknowledgement = "Acknowledgement", Unread = "Unread",
        Statistics = "Statistics", AllNodes = "AllNodes", Disconnect = "Disconnect", Name = "Name";

    public const string Presence = "Presence", Users = "Users", Topics = "Topics", EraseUser = "EraseUser", Erased = "Erased",
        TopicName = "Topic";

    private const string Audience = "Audience";

    public Dictionary<string, IOpenApiSchema> All() => new()
    {
        [Publish] = Publishing(withKey: false),
        [BatchLine] = Publishing(withKey: true),
        [Audience] = Closed("At least one target.", [],
            ("users", Names(PublishLimits.Users)), ("groups", Names(PublishLimits.Groups)),
            ("everyone", Of(JsonSchemaType.Boolean | JsonSchemaType.Null))),
        [Published] = Open("What was stored.", ("id", Text("The same in every topic.")),
            ("duplicate", Of(JsonSchemaType.Boolean, "True if an earlier request with this key stored it.")),
            ("accepted", List(Open(null, ("topic", Ref(TopicName)), ("sequence", Number()))))),
        [BatchAnswer] = new OpenApiSchema { Description = "What the single request would answer.", AnyOf = [Ref(Published), Ref(Problem)] },
        [Problem] = With(Open("Why a request was refused (RFC 9457).",
            ("title", Text("The status in words.")), ("status", Of(JsonSchemaType.Integer)), ("detail", Text("A sentence for people."))),
            ("type", Text("Ends in `/revoked` if an operator has disconnected the user; otherwise absent.")),
            ("errors", new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "For 400: messages by member.",
                AdditionalProperties = List(Text())
            })),
        [Cursor] = new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Pattern = "^[A-Za-z0-9._~-]+$",
            Description = "Opaque: the positions that a reader has reached in all its topics.",
        },
        [Notification] = With(Open("A notification as a reader gets it.",
            ("cursor", Ref(Cursor)), ("topic", Ref(TopicName)), ("sequence", Number()), ("id", Text()), ("type", Text()),
            ("orderId", Text()),
            ("time", Text("RFC 3339, as sent."))), ("data", new OpenApiSchema { Description = "Any JSON, as sent; absent if none was." }),
            ("trace", Text("The W3C traceparent of the publish; absent if it was not sampled."))),
        [Gap] = Open("Notifications that no longer exist.", ("cursor", Ref(Cursor)), ("gap", Open(null,
            ("topic", Of(JsonSchemaType.String | JsonSchemaType.Null, "Null if continuity is unknown in all topics.")),
            ("after", NumberOrNull()), ("next", NumberOrNull()),
            ("reason", Known(Enum.GetValues<GapReason>().Select(WireNames.Of)))))),
        [Page] = Open("A page of history.",
            ("items", List(new OpenApiSchema { AnyOf = [Ref(Notification), Ref(Gap)] }, HistoryEndpoint.MaxLimit)),
            ("cursor", Ref(Cursor)), ("more", Of(JsonSchemaType.Boolean, "Whether more is stored after `cursor`."))),
        [EventStream] = Text("Server-sent events: docs/PROTOCOL.md, Event stream."),
        [TopicName] = Text("`user:<id>`, `group:<name>` or `all`."),
        [Name] = new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            MinLength = 1,
            MaxLength = Notifications.NameRules.MaxLength,
            Description = "A user id or a group name: no control characters."
        },
        [After] = new OpenApiSchema { Description = "A cursor of this user, `latest` or `earliest`.", Type = JsonSchemaType.String },
        [Limit] = new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Minimum = "1",
            Maximum = $"{HistoryEndpoint.MaxLimit}",
            Default = HistoryEndpoint.DefaultLimit
        },
        [IdempotencyKey] = new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Pattern = "^[!-~]+$",
            MaxLength = PublishLimits.KeyLength,
            Description = "Visible ASCII."
        },
        [Acknowledgement] = Closed(null, ["cursor"], ("cursor", Ref(Cursor))),
        [Unread] = Open(null, ("unread", Number())),
        [Statistics] = With(Open(null, ("nodes", List(NodeStatistics()))),
            ("silent", Silent())),
        [AllNodes] = new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["all"] },
        [Disconnect] = Closed(null, [],
            ("reason", new OpenApiSchema
            {
                Type = JsonSchemaType.String | JsonSchemaType.Null,
                MaxLength = Revocation.MaxReason,
                Description = "For the log; the user never gets it.",
            }),
            ("blockedUntil", Of(
                JsonSchemaType.String | JsonSchemaType.Null, "RFC 3339 with an offset, in the future. Default: not blocked."))),
        [Presence] = PresenceAnswer(),
        [Users] = UsersAnswer(),
        [Topics] = TopicsAnswer(),
        [EraseUser] = Closed("The user twice, because nothing brings back what was erased.", ["user", "confirm"],
            ("user", Ref(Name)), ("confirm", Ref(Name))),
        [Erased] = ErasedAnswer(),
    };

    private OpenApiSchema Publishing(bool withKey)
    {
        var schema = Closed(null, ["to", "type", "orderId"],
            ("to", Ref(Audience)),
            ("type", new OpenApiSchema { Type = JsonSchemaType.String, Pattern = $"^[a-z0-9._-]{{1,{PublishLimits.TypeLength}}}$" }),
            ("orderId", new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = PublishLimits.OrderIdLength }),
            ("time", Of(JsonSchemaType.String | JsonSchemaType.Null, "RFC 3339 with an offset. Default: now.")),
            ("data", new OpenApiSchema { Description = "Any JSON; delivered as sent." }));
        if (withKey) schema.Properties!["idempotencyKey"] = Ref(IdempotencyKey);
        return schema;
    }

    private static OpenApiSchema NodeStatistics() => Open(null,
        ("id", Text()), ("startedAt", Text()), ("at", Text()), ("isReady", Of(JsonSchemaType.Boolean)), ("memoryBytes", Number()),
        ("cpuSeconds", Of(JsonSchemaType.Number)),
        ("connections", Open("Open now, by transport.",
            ("webSockets", Number()), ("serverSentEvents", Number()), ("longPolling", Number()), ("eventSource", Number()))),
        ("published", Number()), ("notStored", Number()), ("delivered", Number()), ("replayed", Number()), ("forwarded", Number()),
        ("latency", Open("Counts by upper bound; the last count is for what took longer.",
            ("upToMs", List(Number())), ("counts", List(Number())))),
        ("sockets", Open("Accepted connections.", ("open", Number()), ("limit", NumberOrNull()), ("refused", Number()))));

    private static OpenApiSchema PresenceAnswer() => Open(null,
        ("users", new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = "Open connections by user.",
            AdditionalProperties = Number(),
        }),
        ("complete", Of(JsonSchemaType.Boolean, "False if a node did not answer within a second.")));

    private OpenApiSchema UsersAnswer() => Open(null,
        ("users", List(Open("Zeros if the user is unknown.",
            ("user", Text()), ("unread", Number()),
            ("topics", List(Open("The user's own topic, `all`, and the groups of open connections and acknowledgements.",
                ("topic", Ref(TopicName)), ("head", Number()), ("acknowledged", NumberOrNull()), ("unread", Number())))),
            ("open", Number()),
            ("connections", List(Open("The newest of each node.",
                ("node", Text()), ("transport", Text()), ("since", Text()), ("expiresAt", Text("The end of its token.")),
                ("topics", List(Open("What it was handed.", ("topic", Ref(TopicName)), ("sequence", Number()), ("behind", Number()))))))),
            ("ended", List(Open("The last that ended, as far as their nodes still run.",
                ("node", Text()), ("transport", Text()), ("since", Text()), ("at", Text()),
                ("reason", Text("As in `closing`; `left` if the client went, or its network.")))))))),
        ("silent", Silent()));

    private OpenApiSchema TopicsAnswer() => Open(null,
        ("topics", List(Open("Zeros if the topic is unknown.",
            ("topic", Ref(TopicName)), ("head", Number()), ("headAt", Of(JsonSchemaType.String | JsonSchemaType.Null)),
            ("first", NumberOrNull()), ("retained", Number()), ("readers", Number())))),
        ("silent", Silent()));

    private static OpenApiSchema ErasedAnswer() => Open(null,
        ("user", Text()), ("entries", Number()), ("head", Number()), ("stays", List(Text("A sentence on what was not erased."))),
        ("silent", Silent()));

    private static OpenApiSchema Silent() => List(Open("A node that did not answer within a second.",
        ("id", Text()), ("address", Text()), ("reason", Text("`no-answer`, or `too-old` if it does not know the question."))));

    private OpenApiSchema Names(int most) =>
        new() { Type = JsonSchemaType.Array | JsonSchemaType.Null, Items = Ref(Name), MaxItems = most };

    /// <summary>Texts to which a later version may add values.</summary>
    private static OpenApiSchema Known(IEnumerable<string> texts) => new()
    {
        AnyOf = [new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. texts.Select(text => (JsonNode)text)] },
            Of(JsonSchemaType.String)],
    };

    private static OpenApiSchema Open(string? description, params (string Name, IOpenApiSchema Schema)[] required) => new()
    {
        Type = JsonSchemaType.Object,
        Description = description,
        Required = required.Select(member => member.Name).ToHashSet(),
        Properties = required.ToDictionary(member => member.Name, member => member.Schema),
    };

    private static OpenApiSchema With(OpenApiSchema schema, params (string Name, IOpenApiSchema Schema)[] optional)
    {
        foreach (var (name, member) in optional) schema.Properties!.Add(name, member);
        return schema;
    }

    private static OpenApiSchema Closed(
        string? description, string[] required, params (string Name, IOpenApiSchema Schema)[] members) => new()
        {
            Type = JsonSchemaType.Object,
            Description = description,
            Required = required.ToHashSet(),
            Properties = members.ToDictionary(member => member.Name, member => member.Schema),
            AdditionalPropertiesAllowed = false,
        };

    private OpenApiSchemaReference Ref(string name) => new(name, document);

    private static OpenApiSchema List(IOpenApiSchema item, int? most = null) =>
        new() { Type = JsonSchemaType.Array, Items = item, MaxItems = most };

    private static OpenApiSchema Text(string? description = null) => Of(JsonSchemaType.String, description);

    private static OpenApiSchema Number() => new() { Type = JsonSchemaType.Integer, Format = "int64" };

    private static OpenApiSchema NumberOrNull() => new() { Type = JsonSchemaType.Integer | JsonSchemaType.Null, Format = "int64" };

    private static OpenApiSchema Of(JsonSchemaType type, string? description = null) => new() { Type = type, Description = description };
}

using Realtime.Server.Connections;
using Realtime.Server.Dashboard;
using Realtime.Server.Delivery;
using Realtime.Server.Feed;
using Realtime.Server.Http;
using Realtime.Server.Log;
using Realtime.Server.OpenApi;
using Realtime.Server.Operations;
using Realtime.Server.Operations.Answers;
using Realtime.Server.Operations.Operators;
using Realtime.Server.Publishing;
using Realtime.Server.Routing;
using Realtime.Server.Routing.Forwarding;
using Realtime.Server.Security;
using Realtime.Server.Security.Origins;
using Realtime.Server.Telemetry;

// 1 · Publish — 2 · Log — 3 · Backplane — 4 · Feed — 5 · Delivery   (README.md has the picture)
return await StartUp.RunAsync(args, Compose, Map);

static void Compose(WebApplicationBuilder builder)
{
    builder.AddDeployment();        // one node on SQLite, or several on Redis: all that differs

    builder.Services.AddPublishing();
    builder.Services.AddNotificationLog();
    builder.Services.AddFeed();
    builder.Services.AddDelivery();
    builder.Services.AddConnectionRouting();
    builder.Services.AddTokenAuth();
    builder.Services.AddDashboard();
    builder.Services.AddOperations();
    builder.Services.AddOperatorsHub();
    builder.Services.AddApiDocument();
    builder.AddTelemetry();         // metrics and traces: to a collector, or read by Prometheus
}

static void Map(WebApplication app)
{
    app.UseRequestMeter();          // what a connection sends before its caller is known is bounded
    app.UseProblems();              // every refusal below is problem+json
    app.UseForwardMarks();          // what another node passed on, and what only claims so
    app.UseForwardedHeaders();      // who the caller is behind a proxy that we know
    app.UseAccessTokenInQuery();    // before anything that could log a query
    app.UseRouting();
    app.UseConnectionRouter();      // any node may get any request: to its owner, or as it is
    app.UseOrigins();               // CORS, and WebSocket upgrades from other sites
    app.UseCallers();               // who is calling, and whether that is allowed
    app.UseKnownCallers();          // from here on the caller has a right to be heard out
    app.UseConnectionGuard();       // before anything that looks at a connection token

    app.MapPublishing();            // POST /api/notifications, …/batch
    app.MapOrdersHub();             // /hubs/orders: WebSockets, server-sent events, long polling
    app.MapNotifications();         // GET /api/notifications: event stream and history; acknowledged, unread
    app.MapSession();               // POST, DELETE /api/session: a cookie instead of a token, for browsers
    app.MapDevToken();              // POST /dev/token, in Development
    app.MapDashboard();             // /: the page, and in Development sample orders to see on it
    app.MapAdministration();        // GET /api/admin/stats; POST, DELETE /api/admin/disconnect
    app.MapAnswers();               // GET /api/presence, /api/admin/user, /api/admin/topic; POST /api/admin/erase
    app.MapOperatorsHub();          // /hubs/operators: the statistics of all nodes, and announcements
    app.MapHealth();                // /health/live, /health/ready
    app.MapApiDocument();           // /openapi/v1.json
}

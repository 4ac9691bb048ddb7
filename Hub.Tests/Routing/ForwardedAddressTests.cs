using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Realtime.Server.Node;
using Realtime.Server.Routing;
using Realtime.Server.Routing.Forwarding;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Routing.Polls;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>A forwarded request's address contains a connection's token, so it is never logged.</summary>
[CancelAfter(90_000)]
internal sealed class ForwardedAddressTests
{
    private static readonly Dictionary<string, string> EverythingLogged = new()
    {
        ["Logging:LogLevel:Default"] = "Trace",
        ["Logging:LogLevel:Microsoft"] = "Trace",
        ["Logging:LogLevel:Yarp"] = "Trace",
        ["Logging:LogLevel:Yarp.ReverseProxy.Forwarder.HttpForwarder"] = "Trace",
        ["Logging:Console:LogLevel:Yarp.ReverseProxy.Forwarder.HttpForwarder"] = "Trace",
        ["Logging:Console:LogLevel:*HttpForwarder"] = "Trace",
        ["Logging:Console:FormatterOptions:IncludeScopes"] = "true",
    };

    [Test]
    public async Task Neither_its_query_nor_a_token_is_in_a_log_line_of_either_node_at_any_level(CancellationToken cancel)
    {
        await using var redis = await RedisServers.StartAsync();
        await using var owner = await Node.StartAsync(redis, EverythingLogged, cancel: cancel);
        await using var node = await Node.StartAsync(redis, EverythingLogged, cancel: cancel);
        var bearer = Tokens.For("logged-user");
        var connection = await RawConnection.NegotiateAsync(owner.Address, bearer, cancel);
        Assert.That(await connection.PollAsync(node.Address, cancel), Is.EqualTo((200, "")));
        Assert.That((await connection.PostAsync(node.Address, RawConnection.Handshake, cancel)).Status, Is.EqualTo(200));
        var streaming = await RawConnection.NegotiateAsync(owner.Address, bearer, cancel);
        var query = $"/hubs/orders?id={streaming.Id}&access_token={bearer}&note=secret-note";
        await StreamAsync(node, query, cancel);
        // Also failures on the way: no process listens, or the owner has died.
        await using var broken = await FakeOwner.ListAsync(redis);
        var nobody = $"/hubs/orders?id={broken.Id}.AAAAAAAAAAAAAAAAAAAAAA&access_token={bearer}&note=secret-note";
        var lost = await RawHttp.SendAsync(node.Address, "GET", nobody, null, null, cancel);
        Assert.That(lost.Status, Is.EqualTo(404));
        await owner.Server.StopAsync();
        Assert.That((await connection.PollAsync(node.Address, cancel)).Status, Is.EqualTo(404));
        await node.Server.StopAsync();

        Assert.That(
            node.Server.Output, Does.Contain("did not answer").And.Contain("trce:"), "it did log everything, and all of it is here");
        string[] secrets = [.. bearer.Split('.')[1..], connection.Id, streaming.Id, "AAAAAAAAAAAAAAAAAAAAAA", "secret-note",
            "access_token="];
        foreach (var output in new[] { owner.Server.Output, node.Server.Output })
            foreach (var secret in secrets) Assert.That(output, Does.Not.Contain(secret).IgnoreCase);
    }

    [Test]
    public async Task It_is_in_no_activity_and_no_diagnostic_event(CancellationToken cancel)
    {
        var seen = new ConcurrentQueue<string>();
        using var activities = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => seen.Enqueue(
                $"{activity.Source.Name} {activity.DisplayName} "
                + $"{string.Join(' ', activity.TagObjects.Concat(activity.Events.SelectMany(it => it.Tags)))}"),
        };
        ActivitySource.AddActivityListener(activities);
        using var events = DiagnosticListener.AllListeners.Subscribe(new Observer<DiagnosticListener>(listener =>
        {
            if (listener.Name != "HttpHandlerDiagnosticListener") return;
            listener.Subscribe(new Observer<KeyValuePair<string, object?>>(it => seen.Enqueue($"{it.Key} {it.Value}")));
        }));
        await using var owner = await StartAsync(
            context => context.Response.WriteAsync(context.Request.Headers["traceparent"]
                + context.Request.Headers[ForwardHeaders.Mark].ToString(), cancel));
        await using var node = await StartAsync(
            async context =>
            {
                var forwarder = context.RequestServices.GetRequiredService<Forwarder>();
                context.SetEndpoint(new(null, new(new RoutedHub("/hubs/orders")), null));
                Assert.That(await forwarder.TryForwardAsync(context, "owner", new(owner.Urls.Single())));
            },
            services => services.AddHttpForwarder()
                .AddSingleton<OwnerClient>().AddSingleton<ForwardTransformer>().AddSingleton<Forwarder>()
                .AddSingleton<NodeDirectory>().AddSingleton<ForwardedStreams>().AddSingleton<ThisNode>().AddSingleton<PollConfirmations>());
        var nodes = new NodeList(new byte[32], new Dictionary<string, ListedNode>(), NodeVersions.Current);
        await node.Services.GetRequiredService<NodeDirectory>().UpdateAsync(() => Task.FromResult(nodes));

        var answer = await RawHttp.SendAsync(
            new(node.Urls.Single()), "GET", "/hubs/orders?id=secret-id&note=secret-note", null, null, cancel);
        Assert.That(answer.Text, Has.Length.EqualTo(43), "the mark and no trace: it was forwarded");
        Assert.That(seen, Has.Some.Contains("Microsoft.AspNetCore"), "activities are listened to");
        Assert.That(seen, Has.None.Contains("secret-").And.None.StartsWith("System.Net.Http"));
    }

    private static async Task StreamAsync(Node node, string target, CancellationToken cancel)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(node.Address.Host, node.Address.Port, cancel);
        var request = $"GET {target} HTTP/1.1\r\nHost: {node.Address.Authority}\r\nAccept: text/event-stream\r\n\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request), cancel);
        var answer = new byte[1_024];
        var count = await client.GetStream().ReadAsync(answer, cancel);
        Assert.That(Encoding.ASCII.GetString(answer, 0, count), Does.StartWith("HTTP/1.1 200 OK"));
    }

    private static async Task<WebApplication> StartAsync(RequestDelegate answer, Action<IServiceCollection>? add = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System);
        add?.Invoke(builder.Services);
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return app;
    }

    private sealed class Observer<T>(Action<T> onNext) : IObserver<T>
    {
        public void OnNext(T value) => onNext(value);

        public void OnError(Exception error) { }

        public void OnCompleted() { }
    }
}

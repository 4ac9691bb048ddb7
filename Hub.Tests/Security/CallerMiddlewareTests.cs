using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Realtime.Server.Notifications;
using Realtime.Server.Security;
using Realtime.Server.Security.Revocations;
using Realtime.Server.Security.Tokens;
using Realtime.Tests.Feed;
using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>Which credentials remain in a request once its caller is authenticated.</summary>
internal sealed class CallerMiddlewareTests
{
    private const string Header = "Bearer a";

    [TestCase("GET", "")]
    [TestCase("CONNECT", "", Description = "a WebSocket over HTTP/2")]
    [TestCase("POST", Header)]
    public async Task What_may_be_read_for_hours_holds_on_to_no_credentials(string method, string left)
    {
        var context = Request(method);
        await RunAsync(context);
        Assert.Multiple(() =>
        {
            Assert.That(Caller.Of(context.User).User, Is.EqualTo("alice"));
            Assert.That(context.Request.Headers.Authorization.ToString(), Is.EqualTo(left));
            Assert.That(context.Request.Headers.Cookie.ToString(), Is.EqualTo(left.Length == 0 ? "" : "c=1"));
        });
    }

    private static DefaultHttpContext Request(string method)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = method;
        context.Request.Headers.Authorization = Header;
        context.Request.Headers.Cookie = "c=1";
        context.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(new AuthorizeAttribute(Policies.Reading)), null));
        return context;
    }

    private static async Task RunAsync(HttpContext context)
    {
        var time = new ManualTime();
        await using var services = new ServiceCollection().BuildServiceProvider();
        using var cache = new TokenCache(time);
        var end = time.GetUtcNow().AddHours(1);
        var caller = new Caller("alice", Topic.AllOf("alice", []), end, IsPublisher: false, IsAdmin: false);
        cache.Keep(Header, new ClaimsPrincipal(new CallerIdentity(caller, [], "Bearer")), new AuthenticationProperties(),
            new(null, end.UtcDateTime));
        var middleware = new CallerMiddleware(
            _ => Task.CompletedTask, cache, new RevokedUsers(time), OpenConnections.Owners(time),
            services.GetRequiredService<IServiceScopeFactory>());
        await middleware.InvokeAsync(context);
    }
}

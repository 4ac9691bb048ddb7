using System.Globalization;
using System.Text;
using Realtime.Server.Routing;
using Realtime.Server.Routing.Forwarding;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Routing.Polls;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>A node that forwards polls to an owner by hand, and confirms their answers, or does not.</summary>
/// <param name="key">The key that only the nodes share.</param>
internal sealed class FakeForwarder(byte[] key)
{
    private const string Caller = "203.0.113.9", Scheme = "http";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false });

    public static async Task<FakeForwarder> CreateAsync(IRedisServer redis) =>
        new(Encoding.ASCII.GetBytes((string)(await redis.AskAsync(database => database.StringGetAsync(DefaultNames.Keys.NodesKey)))!));

    /// <param name="poll">The poll's name; empty: none, as from a node of the first version.</param>
    public async Task<(int Status, string Body)> PollAsync(RawConnection connection, Uri owner, string poll, CancellationToken cancel)
    {
        using var request = connection.Request(HttpMethod.Get, owner);
        request.Headers.Add(ForwardHeaders.For, Caller);
        request.Headers.Add(ForwardHeaders.Proto, Scheme);
        if (poll.Length > 0) request.Headers.Add(ForwardHeaders.Poll, poll);
        request.Headers.Add(ForwardHeaders.Mark, ForwardMark.Make(key, "GET", connection.Id, Caller, Scheme, owner.Authority, poll));
        using var answer = await Http.SendAsync(request, cancel);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(cancel));
    }

    /// <param name="lines">One poll each.</param>
    /// <param name="as">The owner that the mark is for.</param>
    /// <param name="at">The time in the mark; null: now.</param>
    public async Task<int> ConfirmAsync(Uri owner, string @as, string lines, CancellationToken cancel, DateTimeOffset? at = null)
    {
        var time = (at ?? TimeProvider.System.GetUtcNow()).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri(owner, $"{ConfirmationFormat.Path}?{ConfirmationFormat.At}={time}"))
        { Content = new StringContent(lines) };
        request.Headers.Add(ForwardHeaders.Mark, Signature.Of(key, ConfirmationFormat.Marked(@as, time)));
        using var answer = await Http.SendAsync(request, cancel);
        return (int)answer.StatusCode;
    }
}

using System.Net.Sockets;
using System.Text;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations;

/// <summary>Bodies that break off or break the rules: the client's fault, so the server does not log them as errors of its own.</summary>
internal sealed class BrokenBodyTests : ContractTests
{
    private static readonly (string Method, string Target, string Type)[] Addresses =
    [
        ("POST", "/api/notifications", Json), ("POST", "/api/notifications/batch", Lines), ("PUT", "/api/notifications/acknowledged", Json),
            ("POST", "/dev/token", Json),
    ];

    [TestCase("FFFFFFFFFFFFFFFF\r\nx")]
    [TestCase("80000000\r\nx")]
    [TestCase("zz\r\n")]
    [TestCase("-1\r\n")]
    [TestCase("1\r\nxx0\r\n\r\n")]
    public async Task A_chunk_that_cannot_be_is_a_400(string chunk, CancellationToken cancel)
    {
        foreach (var address in Addresses)
        {
            using var client = await BeginAsync(address, "Transfer-Encoding: chunked", cancel);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(chunk), cancel);
            (await RawHttp.ReadAsync(client.GetStream(), cancel)).IsProblem(400, address.Target);
        }
    }

    [TestCase("Content-Length: 1000", "{")]
    [TestCase("Transfer-Encoding: chunked", "5\r\n{")]
    public async Task A_client_that_resets_while_its_body_is_read_is_no_error(string framing, string part, CancellationToken cancel)
    {
        foreach (var address in Addresses)
        {
            for (var n = 0; n < 5; n++)
            {
                using var client = await BeginAsync(address, framing, cancel);
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(part), cancel);
                client.LingerState = new LingerOption(enable: true, seconds: 0);
            }
        }
        // The request after them is answered, so the server has processed them.
        foreach (var address in Addresses)
        {
            using var client = await BeginAsync(address, "Transfer-Encoding: chunked", cancel);
            await client.GetStream().WriteAsync("z\r\n"u8.ToArray(), cancel);
            (await RawHttp.ReadAsync(client.GetStream(), cancel)).IsProblem(400);
        }
    }

    /// <summary>Sends the head of a request, and returns when the server has begun to read its body: that is when it says 100.</summary>
    private async Task<TcpClient> BeginAsync((string Method, string Target, string Type) address, string framing, CancellationToken cancel)
    {
        var client = new TcpClient();
        await client.ConnectAsync(Server.Address.Host, Server.Address.Port, cancel);
        var head = $"{address.Method} {address.Target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\n"
            + $"Authorization: Bearer {Tokens.Publisher()}\r\n{address.Type}\r\n{framing}\r\n\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), cancel);
        const string Continue = "HTTP/1.1 100 Continue\r\n\r\n";
        var said = new byte[Continue.Length];
        await client.GetStream().ReadExactlyAsync(said, cancel);
        Assert.That(Encoding.ASCII.GetString(said), Is.EqualTo(Continue));
        return client;
    }
}

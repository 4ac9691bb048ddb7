using System.Net.Sockets;
using System.Text;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations;

/// <summary>Clients that send extremely slowly.</summary>
internal sealed class TrickleTests : ContractTests
{
    private static readonly TimeSpan BetweenBytes = TimeSpan.FromMilliseconds(200);

    [Test]
    public async Task A_body_that_trickles_is_a_408_on_every_address(CancellationToken cancel)
    {
        var answers = await Task.WhenAll(
            TrickleAsync("POST", "/api/notifications", Json, cancel),
            TrickleAsync("POST", "/api/notifications/batch", Lines, cancel),
            TrickleAsync("PUT", "/api/notifications/acknowledged", Json, cancel),
            TrickleAsync("POST", "/dev/token", Json, cancel));
        foreach (var answer in answers) answer.IsProblem(408);
    }

    [Test]
    public async Task A_client_that_leaves_in_the_middle_of_its_body_is_no_error(CancellationToken cancel)
    {
        foreach (var (method, target, type) in ((string, string, string)[])
            [("POST", "/api/notifications", Json), ("POST", "/api/notifications/batch", Lines),
                ("PUT", "/api/notifications/acknowledged", Json), ("POST", "/dev/token", Json)])
        {
            for (var n = 0; n < 20; n++)
            {
                using var client = await BeginAsync(method, target, type, cancel);
                client.LingerState = new LingerOption(enable: n % 2 == 0, seconds: 0);   // a reset, or a clean close
            }
        }
        Assert.That((await GetAsync("/health/live", null, cancel)).Status, Is.EqualTo(200));
    }

    private async Task<RawAnswer> TrickleAsync(string method, string target, string type, CancellationToken cancel)
    {
        using var client = await BeginAsync(method, target, type, cancel);
        using var answered = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var sending = SendForEverAsync(client.GetStream(), answered.Token);
        var answer = await RawHttp.ReadAsync(client.GetStream(), cancel);
        await answered.CancelAsync();
        await sending;
        return answer;
    }

    private async Task<TcpClient> BeginAsync(string method, string target, string type, CancellationToken cancel)
    {
        var client = new TcpClient();
        await client.ConnectAsync(Server.Address.Host, Server.Address.Port, cancel);
        var head =
            $"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {Tokens.Publisher()}\r\n{type}\r\nContent-Length: 1000\r\n\r\n{{";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), cancel);
        return client;
    }

    private static async Task SendForEverAsync(NetworkStream stream, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(BetweenBytes, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(cancel)) await stream.WriteAsync(" "u8.ToArray(), cancel);
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException) { /* it has been answered */ }
    }
}

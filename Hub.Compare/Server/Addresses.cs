using System.Net;
using System.Net.Sockets;

namespace Realtime.Compare.Server;

/// <summary>Addresses of servers on this machine.</summary>
internal static class Addresses
{
    /// <summary>An address that is currently free.</summary>
    public static Uri Free()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return new($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}");
    }

    /// <summary>Waits until a server answers at an address, directly or through a proxy.</summary>
    public static async Task ReadyAsync(Child child, Uri address, TimeProvider time, CancellationToken cancel)
    {
        using var http = new HttpClient(
            new SocketsHttpHandler { UseProxy = false })
        { BaseAddress = address, Timeout = TimeSpan.FromSeconds(5) };
        await child.ReadyAsync(async cancelled =>
        {
            try
            {
                using var answer = await http.GetAsync(new Uri("/health/ready", UriKind.Relative), cancelled);
                return answer.IsSuccessStatusCode;
            }
            catch (Exception notYet) when (notYet is HttpRequestException || notYet is TaskCanceledException
                && !cancelled.IsCancellationRequested)
            {
                return false;
            }
        }, time, cancel);
    }
}

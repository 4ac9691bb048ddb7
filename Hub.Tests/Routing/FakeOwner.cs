using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Realtime.Server.Node;
using Realtime.Server.Routing.Nodes;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>What a scripted node does with one request.</summary>
/// <param name="Answer">Bytes of the answer, framing included; null: none.</param>
/// <param name="Close">Whether the connection is closed then.</param>
internal sealed record Scene(string? Answer, bool Close);

/// <summary>A node that fails in ways in which a real one cannot be made to. It is listed in Redis like any other.</summary>
internal sealed class FakeOwner : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<Scene> _scenes = new();
    private readonly Task _serving;
    private TcpClient? _last;

    private FakeOwner()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Id { get; } = NodeId.New();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The heads of all requests so far.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>The bodies of all requests so far, or the first chunk of a body in chunks; empty: it had none.</summary>
    public ConcurrentQueue<string> Bodies { get; } = new();

    /// <summary>Bytes that were sent without end, until the other side broke off.</summary>
    public Task<long>? Flood { get; private set; }

    /// <param name="scenes">One for each request; after the last, connections are closed unanswered.</param>
    public static async Task<FakeOwner> ListAsync(IRedisServer redis, params Scene[] scenes)
    {
        var owner = new FakeOwner();
        foreach (var scene in scenes) owner._scenes.Enqueue(scene);
        await ListAsync(redis, owner.Id, new Uri($"http://127.0.0.1:{owner.Port}"));
        return owner;
    }

    /// <summary>Registers a node's address in Redis.</summary>
    /// <param name="version">What it speaks; the first version does not say so.</param>
    public static async Task ListAsync(IRedisServer redis, string id, Uri address, int version = NodeVersions.First)
    {
        if (version != NodeVersions.First)
            await redis.AskAsync(database => database.HashSetAsync(DefaultNames.Keys.NodesSpeak, id, version));
        var entry = $"{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()} {address.GetLeftPart(UriPartial.Authority)}";
        await redis.AskAsync(database => database.HashSetAsync(DefaultNames.Keys.Nodes, id, entry));
    }

    /// <summary>Ends the last connection that was accepted, soon after what was sent on it has arrived.</summary>
    public void Cut() => _last?.Client.Shutdown(SocketShutdown.Both);

    /// <summary>A connection that this node could have negotiated.</summary>
    public RawConnection Connection(string bearer) => new($"{Id}.AAAAAAAAAAAAAAAAAAAAAA", bearer);

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _serving;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true) _ = AnswerAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException
            or InvalidOperationException)
        { /* disposed */ }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (_last = client)
        {
            var stream = client.GetStream();
            while (await ReadHeadAsync(stream) is { Length: > 0 } head)
            {
                Requests.Enqueue(head);
                if (!_scenes.TryDequeue(out var scene)) return;
                if (scene.Answer is { } answer) await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
                if (IsInChunks(head)) return;
                if (!scene.Close) continue;
                if (scene.Answer is not null && scene.Answer.EndsWith("\r\n\r\n", StringComparison.Ordinal))
                    await (Flood = FloodAsync(stream));
                return;
            }
        }
    }

    /// <summary>Chunks of an event stream, one after another.</summary>
    private static async Task<long> FloodAsync(NetworkStream stream)
    {
        var chunk = Encoding.ASCII.GetBytes($"1000\r\n{new string('x', 4096)}\r\n");
        try
        {
            for (var sent = 0L; ; sent += chunk.Length)
            {
                try
                {
                    await stream.WriteAsync(chunk);
                }
                catch (IOException)
                {
                    return sent;
                }
            }
        }
        finally
        {
            stream.Close();
        }
    }

    private async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        try
        {
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                if (await stream.ReadAsync(one) == 0) return "";
                head.Append((char)one[0]);
            }
            Bodies.Enqueue(await ReadBodyAsync(stream, head.ToString()));
        }
        catch (IOException)
        {
            return "";
        }
        return head.ToString();
    }

    private static async Task<string> ReadBodyAsync(NetworkStream stream, string head)
    {
        if (head.Contains("\r\nExpect: 100-continue\r\n", StringComparison.Ordinal))
            await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray());
        var length = IsInChunks(head)
            ? int.Parse(await ReadLineAsync(stream), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : int.Parse(Header(head, "Content-Length") ?? "0", CultureInfo.InvariantCulture);
        var body = new byte[length];
        await stream.ReadExactlyAsync(body);
        return Encoding.UTF8.GetString(body);
    }

    private static bool IsInChunks(string head) => Header(head, "Transfer-Encoding") == "chunked";

    private static string? Header(string head, string name) => head.Split("\r\n")
        .FirstOrDefault(line => line.StartsWith($"{name}: ", StringComparison.OrdinalIgnoreCase))?[(name.Length + 2)..];

    private static async Task<string> ReadLineAsync(NetworkStream stream)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (one[0] != (byte)'\n' && await stream.ReadAsync(one) > 0) line.Append((char)one[0]);
        return line.ToString().TrimEnd();
    }
}

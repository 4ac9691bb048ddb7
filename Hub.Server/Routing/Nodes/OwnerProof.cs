using System.Text;

namespace Realtime.Server.Routing.Nodes;

/// <summary>
/// Makes the other end of a new connection prove that it is the intended owner (<see cref="NodeProof"/>), before anything else is sent.
/// </summary>
internal sealed class OwnerProof(NodeDirectory directory, TimeProvider time)
{
    /// <summary>How long the proof may take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of a response at most.</summary>
    private const int MaxAnswerBytes = 4 * 1024;

    private const string Proven = "HTTP/1.1 204 ";

    /// <summary>Kestrel's error text on a listener that has no HTTP/1.1.</summary>
    private const string Http2Only = "An HTTP/1.x request was sent to an HTTP/2 only endpoint.";

    private static readonly byte[] EndOfHead = "\r\n\r\n"u8.ToArray();

    /// <param name="host">A <c>Host</c> that the owner accepts.</param>
    /// <exception cref="UnprovenException">The other end did not prove it. The connection must not be used.</exception>
    /// <exception cref="HttpRequestException">The connection was closed.</exception>
    public async Task RequireAsync(Stream connection, string owner, string host, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            var (key, nonce) = (directory.Key!, NodeProof.NewNonce());
            await connection.WriteAsync(Request(key, owner, nonce, host), either.Token);
            await connection.FlushAsync(either.Token);
            Judge(await ReadAsync(connection, either.Token), key, owner, nonce);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new UnprovenException($"It did not answer within {Limit.TotalSeconds:0} s.");
        }
    }

    private static byte[] Request(byte[] key, string owner, string nonce, string host) => Encoding.UTF8.GetBytes(
        $"GET {NodeProof.Path} HTTP/1.1\r\nHost: {host}\r\n{NodeProof.Node}: {owner}\r\n{NodeProof.Nonce}: {nonce}\r\n"
        + $"{ForwardHeaders.Mark}: {NodeProof.OfCaller(key, owner, nonce)}\r\n\r\n");

    /// <summary>The head of the response, and any bytes that arrived with it.</summary>
    private static async Task<string> ReadAsync(Stream connection, CancellationToken cancel)
    {
        var answer = new byte[MaxAnswerBytes];
        var count = 0;
        while (count < answer.Length)
        {
            var read = await connection.ReadAsync(answer.AsMemory(count), cancel);
            if (read == 0 && count == 0) throw new HttpRequestException(HttpRequestError.ResponseEnded, "There was no answer.");
            count += read;
            if (read == 0 || answer.AsSpan(0, count).IndexOf(EndOfHead) >= 0) break;
        }
        return Encoding.Latin1.GetString(answer, 0, count);
    }

    private static void Judge(string answer, byte[] key, string owner, string nonce)
    {
        if (answer.Contains(Http2Only, StringComparison.Ordinal)) throw new UnprovenException(Http2Only);
        // No bytes may follow the head: they would be taken for the response to a caller's request.
        var isWhole = answer.StartsWith(Proven, StringComparison.Ordinal)
            && answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) == answer.Length - EndOfHead.Length;
        var node = Value(answer, NodeProof.Node);
        if (!isWhole || !NodeProof.IsNodes(Value(answer, NodeProof.Proof), key, node, owner, nonce))
            throw new UnprovenException("What answers there does not have the key of these nodes.");
        if (node != owner) throw new UnprovenException($"Node {node} has that address now.", isNode: true);
    }

    private static string Value(string head, string name)
    {
        foreach (var line in head.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(name, StringComparison.OrdinalIgnoreCase) && line[name.Length..].StartsWith(":"))
                return line[(name.Length + 1)..].Trim().ToString();
        }
        return "";
    }
}

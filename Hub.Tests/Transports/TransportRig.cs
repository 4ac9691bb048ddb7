using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Client;
using Realtime.Client.Transports;

namespace Realtime.Tests.Transports;

/// <summary>One transport without a hub above it, against a server that a test writes: what goes in, what comes out, how it ends.</summary>
internal static class TransportRig
{
    /// <summary>Answers negotiations and hands everything else to the test.</summary>
    public static Task<LoopbackServer> ServeAsync(RequestDelegate answer) => LoopbackServer.AnsweringAsync(context =>
        context.Request.Path.Value!.EndsWith("/negotiate", StringComparison.Ordinal)
            ? context.Response.WriteAsync(
                """
                {"negotiateVersion":1,"connectionId":"i","connectionToken":"t","availableTransports":[
                {"transport":"ServerSentEvents","transferFormats":["Text"]},{"transport":"LongPolling","transferFormats":["Text","Binary"]}]}
                """, context.RequestAborted)
            : answer(context));

    public static ValueTask<ConnectionContext> ConnectAsync(
        LoopbackServer server, TransportOptions options, CancellationToken cancel, TransferFormat format = TransferFormat.Text) =>
        new ConnectionFactory(options, format, NullLoggerFactory.Instance).ConnectAsync(new UriEndPoint(server.Hub), cancel);

    /// <summary>Everything that arrives until the server ends it; a broken connection throws.</summary>
    public static async Task<string> ReadAllAsync(this ConnectionContext connection, CancellationToken cancel)
    {
        var text = new StringBuilder();
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync(cancel);
            text.Append(Encoding.UTF8.GetString(read.Buffer.ToArray()));
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) return text.ToString();
        }
    }
}

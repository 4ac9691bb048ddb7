using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Realtime.Tests.Support;

/// <summary>An answer as it came over the wire.</summary>
internal sealed record RawAnswer(int Status, ILookup<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    // With the parser's own defaults: accepted data can be read with them, wherever they are in a response.
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>The header's only value, or null.</summary>
    public string? this[string header] => Headers[header].SingleOrDefault();

    /// <summary>Asserts a status and that the body is <c>application/problem+json</c> which says the same and gives nothing away.</summary>
    public void IsProblem(int status, string? because = null)
    {
        Assert.That(Status, Is.EqualTo(status), $"{because}\n{Text}");
        Assert.That(this["Content-Type"], Is.EqualTo("application/problem+json"), because);
        Assert.That(Json.GetProperty("status").GetInt32(), Is.EqualTo(status), because);
        Assert.That(Json.GetProperty("title").GetString(), Is.Not.Empty, because);
        Assert.That(Text, Does.Not.Contain("Exception").And.Not.Contain("   at ").And.Not.Contain(".cs").And.Not.Contain("eyJ"), because);
        if (status == 400 && Json.TryGetProperty("errors", out var errors))
            Assert.That(errors.EnumerateObject().Count(), Is.Positive, because);
        if (status is 429 or 503) Assert.That(int.Parse(this["Retry-After"]!, CultureInfo.InvariantCulture), Is.Positive, because);
    }
}

/// <summary>Requests written byte by byte, for what a client library would refuse to send or would hide.</summary>
internal static class RawHttp
{
    /// <summary>Sends bytes on a connection of their own and reads the answer to the end.</summary>
    public static async Task<RawAnswer> SendAsync(Uri server, byte[] request, CancellationToken cancel)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, cancel);
        var stream = client.GetStream();
        // A server may respond and disconnect before it has read everything.
        try { await stream.WriteAsync(request, cancel); }
        catch (IOException) { /* then there is an answer to read */ }
        return await ReadAsync(stream, cancel);
    }

    public static Task<RawAnswer> SendAsync(Uri server, string request, CancellationToken cancel) =>
        SendAsync(server, Encoding.UTF8.GetBytes(request), cancel);

    /// <summary>Sends a request with a body and such further header lines as are given.</summary>
    public static Task<RawAnswer> SendAsync(
        Uri server, string method, string target, string? token, byte[]? body, CancellationToken cancel, params string[] headers) =>
        SendAsync(server, Compose(server, method, target, token, body, headers), cancel);

    public static byte[] Compose(Uri server, string method, string target, string? token, byte[]? body, params string[] headers)
    {
        var host = headers.Any(header => header.StartsWith("Host:", StringComparison.Ordinal)) ? "" : $"Host: {server.Authority}\r\n";
        var head = new StringBuilder($"{method} {target} HTTP/1.1\r\n{host}Connection: close\r\n");
        if (token is not null) head.Append(CultureInfo.InvariantCulture, $"Authorization: Bearer {token}\r\n");
        foreach (var header in headers) head.Append(header).Append("\r\n");
        if (body is not null) head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
        return [.. Encoding.UTF8.GetBytes(head.Append("\r\n").ToString()), .. body ?? []];
    }

    /// <summary>Reads until the server closes the connection.</summary>
    public static async Task<RawAnswer> ReadAsync(Stream stream, CancellationToken cancel)
    {
        using var all = new MemoryStream();
        try { await stream.CopyToAsync(all, cancel); }
        catch (IOException) when (all.Length > 0) { /* reset after the answer: it did not want the rest of the request */ }
        return Parse(all.ToArray());
    }

    private static RawAnswer Parse(byte[] bytes)
    {
        var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        Assert.That(end, Is.Positive, "There was no answer.");
        var lines = Encoding.Latin1.GetString(bytes, 0, end).Split("\r\n");
        var headers = lines.Skip(1).Select(line => line.Split(':', 2))
            .ToLookup(pair => pair[0], pair => pair[1].Trim(), StringComparer.OrdinalIgnoreCase);
        var body = bytes[(end + 4)..];
        var isChunked = headers["Transfer-Encoding"].Contains("chunked");
        return new(int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture), headers, isChunked ? Unchunk(body) : body);
    }

    private static byte[] Unchunk(byte[] body)
    {
        var joined = new List<byte>(body.Length);
        for (var at = 0; at < body.Length;)
        {
            var line = body.AsSpan(at).IndexOf("\r\n"u8);
            if (line < 0) break;
            var size = int.Parse(Encoding.ASCII.GetString(body, at, line), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0) break;
            joined.AddRange(body.AsSpan(at + line + 2, Math.Min(size, body.Length - at - line - 2)));
            at += line + 2 + size + 2;
        }
        return [.. joined];
    }
}

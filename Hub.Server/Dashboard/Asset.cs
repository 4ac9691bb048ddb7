using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Realtime.Server.Dashboard;

/// <summary>One file of the page, in memory, in the encodings that the build produced.</summary>
/// <param name="Path">The path it is served at, e.g. <c>/assets/index-Bx2f.js</c>.</param>
/// <param name="IsFingerprinted">Its name changes with its content, so a cached copy never needs revalidation.</param>
internal sealed record Asset(
    string Path, string ContentType, bool IsFingerprinted, Representation Plain, Representation? Brotli, Representation? Gzip)
{
    private static readonly Dictionary<string, string> ContentTypes = new()
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".svg"] = "image/svg+xml",
        [".png"] = "image/png",
        [".woff2"] = "font/woff2",
    };

    /// <summary>All files in the folder that a browser may request; none if there is no such folder.</summary>
    public static IReadOnlyList<Asset> ReadAll(string folder)
    {
        if (!Directory.Exists(folder)) return [];
        return [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => ContentTypes.ContainsKey(System.IO.Path.GetExtension(file)))
            .Select(file => Read(folder, file))];
    }

    /// <summary>The smallest encoding that the browser accepts.</summary>
    public Representation For(HttpRequest request)
    {
        var accepted = request.GetTypedHeaders().AcceptEncoding;
        if (Brotli is not null && Accepts(accepted, "br")) return Brotli;
        return Gzip is not null && Accepts(accepted, "gzip") ? Gzip : Plain;
    }

    private static bool Accepts(IList<StringWithQualityHeaderValue> accepted, string encoding) =>
        accepted.Any(it => it.Value.Equals(encoding, StringComparison.OrdinalIgnoreCase) && it.Quality is not 0);

    private static Asset Read(string folder, string file)
    {
        var path = "/" + System.IO.Path.GetRelativePath(folder, file).Replace('\\', '/');
        return new(
            path == "/index.html" ? "/" : path,
            ContentTypes[System.IO.Path.GetExtension(file)],
            path.StartsWith("/assets/", StringComparison.Ordinal),
            new(File.ReadAllBytes(file), null),
            File.Exists(file + ".br") ? new(File.ReadAllBytes(file + ".br"), "br") : null,
            File.Exists(file + ".gz") ? new(File.ReadAllBytes(file + ".gz"), "gzip") : null);
    }
}

/// <summary>The bytes of an asset in one encoding.</summary>
/// <param name="Encoding">As in <c>Content-Encoding</c>; null if not encoded.</param>
internal sealed record Representation(byte[] Bytes, string? Encoding)
{
    /// <summary>Differs between encodings, as HTTP requires.</summary>
    public string ETag { get; } = $"\"{Convert.ToHexStringLower(SHA256.HashData(Bytes).AsSpan(0, 12))}\"";
}

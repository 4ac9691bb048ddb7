using System.Security.Cryptography;
using System.Text;

namespace Realtime.Server.Dashboard;

/// <summary>The page at <c>/</c> of a server that was built without Node: it says that the hub works, and how to get the page.</summary>
internal sealed class NotBuiltPage
{
    private readonly byte[] _html = Read();
    private readonly string _policy;

    public NotBuiltPage() =>
        _policy =
            $"default-src 'none'; style-src '{HashOfStyle()}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public Task HandleAsync(HttpContext context)
    {
        PageHeaders.Write(context.Response, _policy);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.ContentLength = _html.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(_html, context.RequestAborted).AsTask();
    }

    private static byte[] Read()
    {
        using var stream = typeof(NotBuiltPage).Assembly.GetManifestResourceStream("not-built.html")!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    // Its one style sheet is inline, because no other file is served.
    private string HashOfStyle()
    {
        var html = Encoding.UTF8.GetString(_html);
        var style =
            html[(html.IndexOf("<style>", StringComparison.Ordinal) + "<style>".Length)..html.IndexOf(
                "</style>", StringComparison.Ordinal)];
        return "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)));
    }
}

using System.IO.Compression;
using System.Net;
using System.Text.RegularExpressions;
using Realtime.Tests.Support;

namespace Realtime.Tests.Dashboard;

/// <summary>How the page's files are served.</summary>
[CancelAfter(60_000)]
internal sealed partial class AssetTests
{
    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Requires.Command("node");
        _server = await ServerProcess.StartAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }

    [Test]
    public async Task The_page_lets_nothing_foreign_and_nothing_inline_run(CancellationToken cancel)
    {
        using var answer = await GetAsync("/", cancel);
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Multiple(() =>
        {
            Assert.That(policy, Does.StartWith("default-src 'none'; script-src 'self'; style-src 'self';"));
            Assert.That(policy, Does.Not.Contain("unsafe").And.Not.Contain("http").And.Not.Contain("*"));
            Assert.That(answer.Headers.GetValues("X-Content-Type-Options"), Is.EqualTo(["nosniff"]));
            Assert.That(answer.Content.Headers.ContentType?.ToString(), Is.EqualTo("text/html; charset=utf-8"));
        });
    }

    [Test]
    public async Task Nothing_in_it_is_named_by_an_absolute_address_so_that_it_can_live_below_a_path(CancellationToken cancel)
    {
        using var page = await GetAsync("/", cancel);
        Assert.That(await page.Content.ReadAsStringAsync(cancel), Does.Not.Match("(?:src|href)=\"/"));
        var output = Path.GetDirectoryName(Repository.BuildOutputOf("Hub.Server"))!;
        foreach (var script in Directory.EnumerateFiles(Path.Combine(output, "wwwroot", "assets"), "*.js"))
            Assert.That(
                await File.ReadAllTextAsync(script, cancel), Does.Not.Match("[\"'`]/(?:api|hubs|dev|assets|dashboard|favicon)\\b"), script);
    }

    [TestCase("br, gzip", "br")]
    [TestCase("gzip", "gzip")]
    [TestCase("br;q=0, gzip;q=0.5", "gzip")]
    [TestCase("identity", null)]
    [TestCase(null, null)]
    public async Task A_file_comes_in_an_encoding_that_the_browser_takes(string? accepted, string? expected, CancellationToken cancel)
    {
        var script = await ScriptAsync(cancel);
        using var plain = await GetAsync(script, cancel);
        using var answer = await GetAsync(script, cancel, accepted);
        Assert.That(answer.Content.Headers.ContentEncoding.SingleOrDefault(), Is.EqualTo(expected));
        Assert.That(answer.Headers.Vary, Is.EqualTo(["Accept-Encoding"]));
        var body = await answer.Content.ReadAsStreamAsync(cancel);
        await using var text = expected switch
        {
            "br" => new BrotliStream(body, CompressionMode.Decompress),
            "gzip" => new GZipStream(body, CompressionMode.Decompress),
            _ => body,
        };
        using var reader = new StreamReader(text);
        Assert.That(await reader.ReadToEndAsync(cancel), Is.EqualTo(await plain.Content.ReadAsStringAsync(cancel)));
    }

    [Test]
    public async Task What_carries_a_fingerprint_is_kept_for_ever_and_the_page_is_asked_for_again(CancellationToken cancel)
    {
        using var script = await GetAsync(await ScriptAsync(cancel), cancel);
        using var page = await GetAsync("/", cancel);
        Assert.That(script.Headers.CacheControl?.ToString(), Is.EqualTo("public, max-age=31536000, immutable"));
        Assert.That(page.Headers.CacheControl?.ToString(), Is.EqualTo("no-cache"));

        using var again = new HttpRequestMessage(
            HttpMethod.Get, new Uri("/", UriKind.Relative))
        { Headers = { IfNoneMatch = { page.Headers.ETag! } } };
        using var answer = await _server.Http.SendAsync(again, cancel);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
        Assert.That(answer.Headers.ETag, Is.EqualTo(page.Headers.ETag));
    }

    [Test]
    public async Task An_address_that_does_not_exist_is_a_problem_and_no_page(CancellationToken cancel)
    {
        using var answer = await GetAsync("/assets/..%2f..%2fappsettings.json", cancel);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
    }

    private async Task<HttpResponseMessage> GetAsync(string path, CancellationToken cancel, string? accepted = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        if (accepted is not null) request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        return await _server.Http.SendAsync(request, cancel);
    }

    private async Task<string> ScriptAsync(CancellationToken cancel)
    {
        using var page = await GetAsync("/", cancel);
        return Script().Match(await page.Content.ReadAsStringAsync(cancel)).Groups[1].Value;
    }

    [GeneratedRegex("src=\"\\.(/assets/[^\"]+\\.js)\"")]
    private static partial Regex Script();
}

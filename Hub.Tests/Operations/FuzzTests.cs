using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations;

/// <summary>Valid requests, mangled at random: every response is a declared one, and the server stays healthy.</summary>
[CancelAfter(300_000)]
internal sealed class FuzzTests : ContractTests
{
    private const int RequestsPerAddress = 300;

    // Pieces that parsers often handle wrongly.
    private static readonly byte[][] Nasty =
    [
        [0], [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xEF, 0xBB, 0xBF], [.. "\r\n"u8], [.. "\n"u8],
            [.. "\u2028"u8],
        [.. "\\uD83D"u8], [.. "\\u0000"u8], [.. "\""u8], [.. "\\"u8], [.. "{"u8], [.. "}"u8], [.. "[[[[[[[["u8], [.. "]"u8], [.. ","u8],
            [.. ":"u8], [.. "null"u8],
        [.. "-"u8], [.. "1e999"u8], [.. "99999999999999999999"u8], [.. "/*"u8], [.. "%00"u8], [.. "%"u8], [.. "&"u8], [.. "="u8],
            [.. "+"u8], [.. "é😀"u8], [.. "id:"u8], [.. "\u001e"u8],
    ];

    private static readonly (string Method, string Target, string[] Headers, string Body)[] Seeds =
    [
        ("POST", "/api/notifications", [Json, "Idempotency-Key: fuzz"],
            """{"to":{"users":["fuzz","é"],"groups":["g"],"everyone":false},"type":"order.created","orderId":"CA-1","time":"2026-11-22T09:00:00Z","data":{"total":1.10,"a":[null,"\u00e9"]}}"""),
        ("POST", "/api/notifications/batch", [Lines], """{"to":{"users":["fuzz"]},"type":"t","orderId":"1","idempotencyKey":"k"}""" + "\n"
            + """{"to":{"groups":["g"]},"type":"t","orderId":"2","data":[]}""" + "\r\n"),
        ("PUT", "/api/notifications/acknowledged", [Json], """{"cursor":"1AAAAabcdefghAAAAAAAAAAAAAA"}"""),
        ("POST", "/dev/token", [Json], """{"user":"alice","groups":["west"],"roles":["publisher"],"expiresInSeconds":3600}"""),
        ("GET", "/api/notifications?after=1AAAAabcdefghAAAAAAAAAAAAAA&limit=5", ["Accept: application/json"], ""),
        ("GET", "/api/notifications/unread?x=1", [], ""),
        ("GET", "/api/notifications?limit=1", ["Accept: application/json", "Cookie: hub-session=CfDJ8abcdefghijklmnop; other=1"], ""),
        ("POST", "/api/session", ["Cookie: hub-session=CfDJ8abcdefghijklmnop"], ""),
        ("DELETE", "/api/session", ["Cookie: hub-session=CfDJ8abcdefghijklmnop", "Origin: http://x"], ""),
        ("POST", "/hubs/orders?id=abcdefghijklmnopqrstuv", [], "{\"protocol\":\"json\",\"version\":1}\u001e"),
        ("DELETE", "/hubs/orders?id=abcdefghijklmnopqrstuv", [], ""),
        ("POST", "/hubs/orders/negotiate?negotiateVersion=1", [], "x"),
    ];

    private static IEnumerable<TestCaseData> Addresses() =>
        Seeds.Select((seed, n) => new TestCaseData(n).SetArgDisplayNames($"{n}: {seed.Method} {seed.Target.Split('?')[0]}"));

    private static IEnumerable<TestCaseData> AddressesWithBody() =>
        Addresses().Where(address => Seeds[(int)address.Arguments[0]!].Body.Length > 0);

    /// <summary>How to mangle: where (in thousandths of the text), what to do, with which piece.</summary>
    private static Gen<(int At, int What, int With)[]> Mutations() =>
        Gen.Choose(0, 999).Zip(Gen.Choose(0, 4), (at, what) => (at, what))
        .Zip(Gen.Choose(0, Nasty.Length - 1), (pair, with) => (pair.at, pair.what, with))
            .ArrayOf().Where(list => list.Length is > 0 and < 12);

    [TestCaseSource(nameof(AddressesWithBody))]
    public void A_mangled_body_gets_a_declared_answer(int address, CancellationToken cancel)
    {
        var (method, target, headers, body) = Seeds[address];
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(RequestsPerAddress), Prop.ForAll(Mutations().ToArbitrary(), mutations =>
        {
            var answer = RawHttp.SendAsync(Server.Address, method, target, Tokens.Publisher("fuzzer"),
                Mangle(Encoding.UTF8.GetBytes(body), mutations), cancel, headers).GetAwaiter().GetResult();
            IsDeclared(answer, isOurs: !target.StartsWith("/hubs/", StringComparison.Ordinal));
        }));
    }

    [TestCaseSource(nameof(Addresses))]
    public void A_mangled_target_or_header_gets_a_declared_answer(int address, CancellationToken cancel)
    {
        var (method, target, headers, body) = Seeds[address];
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(RequestsPerAddress), Prop.ForAll(Mutations().ToArbitrary(), mutations =>
        {
            var token = Tokens.Publisher("fuzzer");
            var line = Encoding.UTF8.GetBytes($"{target} HTTP/1.1\r\nAuthorization: Bearer {token}\r\n{string.Join("\r\n", headers)}");
            byte[] request =
            [
                .. Encoding.ASCII.GetBytes($"{method} "), .. Mangle(line, mutations),
                .. Encoding.UTF8.GetBytes(
                    $"\r\nHost: x\r\nConnection: close\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"),
            ];
            IsDeclared(RawHttp.SendAsync(Server.Address, request, cancel).GetAwaiter().GetResult(), isOurs: false);
        }));
    }

    /// <param name="isOurs">Not refused by the web server itself or by SignalR, whose refusals are their own.</param>
    private static void IsDeclared(RawAnswer answer, bool isOurs)
    {
        // 505 is the web server's word for a request line that ends in something else than HTTP/1.1.
        Assert.That(answer.Status, Is.LessThan(500).Or.EqualTo(505), answer.Text);
        Assert.That(answer.Text, Does.Not.Contain("   at ").And.Not.Contain("Exception"));
        if (answer.Status < 400) return;
        Assert.That(answer.Status, Is.AnyOf(400, 401, 403, 404, 405, 408, 411, 413, 414, 415, 422, 429, 431, 505));
        if (isOurs || answer["Content-Type"] == "application/problem+json") answer.IsProblem(answer.Status);
    }

    private static byte[] Mangle(byte[] text, (int At, int What, int With)[] mutations)
    {
        var bytes = text.ToList();
        foreach (var (at, what, with) in mutations)
        {
            var place = bytes.Count * at / 1_000;
            if (what == 0) bytes.InsertRange(place, Nasty[with]);
            else if (what == 1 && bytes.Count > 0) bytes[place] ^= (byte)(1 << (with % 8));
            else if (what == 2) bytes.RemoveRange(place, Math.Min(with, bytes.Count - place));
            else if (what == 3) bytes.InsertRange(place, bytes.GetRange(place, Math.Min(with, bytes.Count - place)));
            else if (bytes.Count > 0) bytes[place] = Nasty[with][0];
        }
        return [.. bytes];
    }
}

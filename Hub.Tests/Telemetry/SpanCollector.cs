using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;
using Realtime.Tests.Support;

namespace Realtime.Tests.Telemetry;

/// <summary>A span as a node sent it.</summary>
/// <param name="Parent">Empty: the first of its trace.</param>
/// <param name="Rest">What follows the name, in Latin 1: attributes and links.</param>
internal sealed record ReceivedSpan(string Name, string Trace, string Id, string Parent, string Rest)
{
    /// <summary>True if it has a link to a span.</summary>
    public bool IsLinkedTo(string trace, string span) => Rest.Contains(
        $"\n\x10{Encoding.Latin1.GetString(Convert.FromHexString(trace))}\x12\b{Encoding.Latin1.GetString(Convert.FromHexString(span))}",
        StringComparison.Ordinal);
}

/// <summary>A collector for the traces of nodes, by OTLP over HTTP.</summary>
internal sealed partial class SpanCollector : IAsyncDisposable
{
    private readonly ConcurrentQueue<ReceivedSpan> _spans = new();
    private LoopbackServer _server = null!;

    public IReadOnlyCollection<ReceivedSpan> Spans => _spans;

    /// <summary>What makes a node send its traces here, at once and nothing else.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = new Uri(_server.Address, "/v1/traces").ToString(),
        ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] = "http/protobuf",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
    };

    public static async Task<SpanCollector> StartAsync()
    {
        var collector = new SpanCollector();
        collector._server = await LoopbackServer.AnsweringAsync(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            collector.Add(Encoding.Latin1.GetString(body.ToArray()));
        });
        return collector;
    }

    /// <summary>Waits for a span.</summary>
    public async Task<ReceivedSpan> SpanAsync(string what, Func<ReceivedSpan, bool> isIt, CancellationToken cancel)
    {
        await Eventually.True(what, () => _spans.Any(isIt), cancel);
        return _spans.First(isIt);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private void Add(string body)
    {
        var matches = Span().Matches(body);
        for (var i = 0; i < matches.Count; i++)
        {
            var one = matches[i].Groups;
            var end = i + 1 < matches.Count ? matches[i + 1].Index : body.Length;
            _spans.Enqueue(new(
                one["name"].Value, Hex(one["trace"]), Hex(one["id"]), Hex(one["parent"]), body[(matches[i].Index + matches[i].Length)..end]));
        }
    }

    private static string Hex(Group bytes) => Convert.ToHexStringLower(Encoding.Latin1.GetBytes(bytes.Value));

    /// <summary>Fields 1, 2, 4, 16 and 5 of a span in opentelemetry/proto/trace/v1/trace.proto.</summary>
    [GeneratedRegex(
        @"\n\x10(?<trace>.{16})\x12\x08(?<id>.{8})(\x22\x08(?<parent>.{8}))?(\x85\x01.{4})?\x2a.(?<name>publish|append|deliver|forward)",
        RegexOptions.Singleline)]
    private static partial Regex Span();
}

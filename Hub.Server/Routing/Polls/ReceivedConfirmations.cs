using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Realtime.Server.Node;
using Realtime.Server.Routing.Nodes;

namespace Realtime.Server.Routing.Polls;

/// <summary>
/// Reads other nodes' reports of the responses that they pass on and the connections that they open
/// (<see cref="ConfirmationFormat"/>), for as long as each request lasts.
/// </summary>
internal sealed class ReceivedConfirmations(
    ThisNode node, NodeDirectory directory, PollAnswers answers, ConnectionOwners owners, IHostApplicationLifetime application)
{
    /// <summary>Bytes of a line at most: the name of a poll or a token, with room to spare.</summary>
    private const int MaxLine = 64;

    public static bool IsFor(HttpRequest request) => HttpMethods.IsPost(request.Method) && request.Path.Value == ConfirmationFormat.Path;

    /// <param name="mark">The mark from the request.</param>
    public async Task ReceiveAsync(HttpContext context, string mark)
    {
        if (context.Features.Get<IHttpMetricsTagsFeature>() is { } metrics) metrics.MetricsDisabled = true;
        // As if there were no endpoint.
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        if (!IsGenuine(context.Request, mark)) return;

        // The body is silent while there is nothing to report, and its sender ends it.
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate) rate.MinDataRate = null;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        // At shutdown the listener waits for its requests to end.
        await using var stopping = application.ApplicationStopping.Register(context.Abort);
        if (await TakeAsync(context.Request.BodyReader)) context.Response.StatusCode = StatusCodes.Status204NoContent;
        else context.Abort();
    }

    /// <param name="poll">The name of a poll whose response was delivered, from a genuine request.</param>
    public void Take(string poll) => answers.Settle(poll, isDelivered: true);

    private bool IsGenuine(HttpRequest request, string mark)
    {
        var at = request.Query[ConfirmationFormat.At].ToString();
        return long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && Math.Abs(directory.Now.ToUnixTimeSeconds() - seconds) <= Signature.TimeTolerance.TotalSeconds
            && directory.Key is { } key && Signature.IsRight(mark, key, ConfirmationFormat.Marked(node.Id, at));
    }

    /// <returns>False if the body is not what a node sends.</returns>
    private async Task<bool> TakeAsync(PipeReader body)
    {
        while (true)
        {
            var read = await body.ReadAsync();
            var rest = read.Buffer;
            while (TryCutLine(ref rest, out var line))
                if (!TryTake(line)) return false;
            if (rest.Length > MaxLine) return false;
            body.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted) return rest.IsEmpty;
        }
    }

    private static bool TryCutLine(ref ReadOnlySequence<byte> rest, out ReadOnlySequence<byte> line)
    {
        line = default;
        if (rest.PositionOf((byte)'\n') is not { } end) return false;
        line = rest.Slice(0, end);
        rest = rest.Slice(rest.GetPosition(1, end));
        return true;
    }

    private bool TryTake(in ReadOnlySequence<byte> line)
    {
        if (line.Length > MaxLine) return false;
        Span<char> text = stackalloc char[MaxLine];
        text = text[..Encoding.ASCII.GetChars(line, text)];
        if (text.StartsWith([ConfirmationFormat.Opened])) owners.OpenedElsewhere(text[1..]);
        else if (text.StartsWith([ConfirmationFormat.Lost])) answers.Settle(text[1..], isDelivered: false);
        else answers.Settle(text, isDelivered: true);
        return true;
    }
}

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
/// Takes what other nodes say of the answers that they pass on and the connections that they open (<see cref="ConfirmationFormat"/>), as
/// long as they say it.
/// </summary>
internal sealed class ReceivedConfirmations(
    ThisNode node, NodeDirectory directory, PollAnswers answers, ConnectionOwners owners, IHostApplicationLifetime application)
{
    /// <summary>Bytes of a line: the name of a poll or a token, with room.</summary>
    private const int MaxLine = 64;

    public static bool IsFor(HttpRequest request) => HttpMethods.IsPost(request.Method) && request.Path.Value == ConfirmationFormat.Path;

    /// <param name="mark">As it was on the request.</param>
    public async Task ReceiveAsync(HttpContext context, string mark)
    {
        if (context.Features.Get<IHttpMetricsTagsFeature>() is { } metrics) metrics.MetricsDisabled = true;
        // As if nothing were here.
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        if (!IsGenuine(context.Request, mark)) return;

        // It says nothing while there is nothing to say, and its sender ends it.
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate) rate.MinDataRate = null;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        // The listener waits for its requests.
        await using var stopping = application.ApplicationStopping.Register(context.Abort);
        if (await TakeAsync(context.Request.BodyReader)) context.Response.StatusCode = StatusCodes.Status204NoContent;
        else context.Abort();
    }

    /// <param name="poll">The name of a poll whose answer was delivered, as a genuine request says.</param>
    public void Take(string poll) => answers.Settle(poll, isDelivered: true);

    private bool IsGenuine(HttpRequest request, string mark)
    {
        var at = request.Query[ConfirmationFormat.At].ToString();
        return long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && Math.Abs(directory.Now.ToUnixTimeSeconds() - seconds) <= Signature.TimeTolerance.TotalSeconds
            && directory.Key is { } key && Signature.IsRight(mark, key, ConfirmationFormat.Marked(node.Id, at));
    }

    /// <returns>False: it is not what a node sends.</returns>
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

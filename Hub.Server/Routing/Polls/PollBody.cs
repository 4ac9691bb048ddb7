using System.IO.Pipelines;
using Realtime.Server.Routing.Nodes;

namespace Realtime.Server.Routing.Polls;

/// <summary>The body of a long poll's response. It records whether the caller's connection took all of it.</summary>
/// <remarks>
/// Kestrel reports this only through its pipe. A caller that leaves after the whole response has received it, so
/// <see cref="HttpContext.RequestAborted"/> would be the wrong sign.
/// </remarks>
/// <param name="begin">Called before the first byte of a message; may be null.</param>
internal sealed class PollBody(HttpContext context, Func<ValueTask>? begin = null) : WriteOnlyStream
{
    /// <summary>The content type of SignalR's messages. A refusal or an event stream has another one.</summary>
    private const string Messages = "application/octet-stream";

    private readonly Stream _before = context.Response.Body;
    private readonly PipeWriter _caller = context.Response.BodyWriter;
    private long _written;
    private bool _isBroken;

    /// <summary>Whether there was a message to write.</summary>
    public bool HasMessages { get; private set; }

    /// <summary>Whether the caller's connection took the whole response.</summary>
    public bool IsWhole => !_isBroken && _written == context.Response.ContentLength;

    /// <summary>Replaces the response's body with this one, until <see cref="TakeAway"/>.</summary>
    public void Put() => context.Response.Body = this;

    public void TakeAway() => context.Response.Body = _before;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!HasMessages && context.Response is { StatusCode: StatusCodes.Status200OK, ContentType: Messages })
        {
            if (begin is not null) await begin();
            HasMessages = true;
        }
        var wasBroken = _isBroken;
        _isBroken = true;   // in case the write throws
        var result = await _caller.WriteAsync(buffer, cancellationToken);
        _isBroken = wasBroken || result.IsCompleted || result.IsCanceled;
        _written += buffer.Length;
    }

    public override async Task FlushAsync(CancellationToken cancellationToken) => await _caller.FlushAsync(cancellationToken);
}

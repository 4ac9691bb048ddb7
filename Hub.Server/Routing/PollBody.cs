namespace Realtime.Server.Routing;

/// <summary>The body of the answer to a long poll. Its first byte waits until the connection's last answer is delivered.</summary>
/// <param name="body">The caller's.</param>
/// <param name="token">SignalR's token of the connection.</param>
/// <param name="poll">See <see cref="PollAnswer"/>.</param>
internal sealed class PollBody(HttpContext context, Stream body, PollAnswers answers, string token, string? poll) : Stream
{
    /// <summary>What SignalR calls its messages; a refusal or an event stream is something else.</summary>
    private const string Messages = "application/octet-stream";

    /// <summary>Null: no message was written.</summary>
    public PollAnswer? Answer { get; private set; }

    /// <summary>Whether everything was written that SignalR has given away.</summary>
    public bool IsWhole { get; private set; } = true;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="OperationCanceledException">An answer was lost. SignalR ends the poll on it without an entry in the log.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Answer is null && IsPoll(context.Response)) Answer = await answers.BeginAsync(token, poll) ?? throw new OperationCanceledException();
        IsWhole = false;
        await body.WriteAsync(buffer, cancellationToken);
        // Kestrel does not complain about a caller that has left.
        IsWhole = !context.RequestAborted.IsCancellationRequested;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => body.FlushAsync(cancellationToken);

    public override void Flush() => body.Flush();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Whether a response carries messages to a long poll.</summary>
    public static bool IsPoll(HttpResponse response) => response is { StatusCode: StatusCodes.Status200OK, ContentType: Messages };
}

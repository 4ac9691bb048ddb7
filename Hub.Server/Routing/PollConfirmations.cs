using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace Realtime.Server.Routing;

/// <summary>Tells owners which answers to forwarded long polls this node has handed to their callers, and which were lost here.</summary>
/// <remarks>
/// Several in one request: <c>POST /nodes/confirmations</c> with the mark over the owner's id and the body, one poll a line, <c>!</c> before
/// one that was lost. While a request is on its way the next polls gather, for <see cref="MaxDelay"/> at most.
/// </remarks>
internal sealed class PollConfirmations(ThisNode node, NodeDirectory directory, OwnerClient owners, TimeProvider time)
{
    public const string Path = "/nodes/confirmations";

    /// <summary>Before the name of a poll whose answer was lost.</summary>
    public const char Lost = '!';

    /// <summary>Polls in one request.</summary>
    public const int MaxPolls = 1_000;

    /// <summary>How long a confirmation waits for the request before it. The owner holds the connection's next answer meanwhile.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromMilliseconds(5);

    /// <summary>Confirmations for one owner that wait; more belong to connections that end without.</summary>
    private const int MaxWaiting = 100_000;

    // By the very address that the directory has, and as long as it has it.
    private readonly ConditionalWeakTable<Uri, Outbox> _outboxes = [];
    private long _polls;

    /// <summary>A name for a poll that no other poll of any node has.</summary>
    public string NextPoll() => string.Create(CultureInfo.InvariantCulture, $"{node.Id}.{Interlocked.Increment(ref _polls)}");

    /// <param name="owner">The owner's id.</param>
    /// <param name="address">The owner's address, as the directory has it.</param>
    public void Add(string owner, Uri address, string poll, bool isDelivered)
    {
        if (!_outboxes.TryGetValue(address, out var outbox)) outbox = Create(owner, address);
        outbox.Add(isDelivered ? poll : Lost + poll);
    }

    /// <summary>Waits until what was added has been sent.</summary>
    public Task FlushAsync() => Task.WhenAll(_outboxes.Select(outbox => outbox.Value.Sending));

    /// <summary>What the mark on a confirmation covers.</summary>
    public static string Marked(string owner, string body) => $"confirm {owner} {body}";

    private Outbox Create(string owner, Uri address) => _outboxes.GetValue(address, to => new Outbox(lines => SendAsync(owner, to, lines), time));

    // Twice: a connection may just have been closed. What was confirmed before is not an answer any more, so that a repetition does no harm.
    private async Task SendAsync(string owner, Uri address, string lines)
    {
        for (var attempt = 0; attempt < 2; attempt++)
        {
            using var limit = new CancellationTokenSource(PollAnswers.ConfirmationLimit, time);
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, Path))
            {
                Version = HttpVersion.Version11,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent(Encoding.ASCII.GetBytes(lines)),
            };
            request.Headers.TryAddWithoutValidation(ForwardMark.Header, Signature.Of(directory.Key!, Marked(owner, lines)));
            try
            {
                using var answer = await owners.SendAsync(request, limit.Token);
                return;
            }
            catch (Exception lost) when (lost is HttpRequestException or IOException or OperationCanceledException)
            {
                // After the second the owner is gone, or ends the connections in question.
            }
        }
    }

    /// <summary>Confirmations for one owner.</summary>
    private sealed class Outbox(Func<string, Task> send, TimeProvider time)
    {
        private readonly ConcurrentQueue<string> _waiting = new();
        private int _isSending;

        public Task Sending { get; private set; } = Task.CompletedTask;

        public void Add(string line)
        {
            if (_waiting.Count >= MaxWaiting) return;
            _waiting.Enqueue(line);
            if (Interlocked.Exchange(ref _isSending, 1) != 0) return;
            // To the end of the queue of the thread pool: the answer itself, which Kestrel has put there, goes first.
            Sending = Task.Factory.StartNew(SendAllAsync, CancellationToken.None, TaskCreationOptions.PreferFairness, TaskScheduler.Default).Unwrap();
        }

        private async Task SendAllAsync()
        {
            do
            {
                Task last = Task.CompletedTask;
                while (Next() is { Length: > 0 } lines)
                {
                    last = send(lines);
                    await Task.WhenAny(last, Task.Delay(MaxDelay, time));
                }
                await last;
                Volatile.Write(ref _isSending, 0);
            }
            while (!_waiting.IsEmpty && Interlocked.Exchange(ref _isSending, 1) == 0);
        }

        private string Next()
        {
            var lines = new StringBuilder();
            for (var n = 0; n < MaxPolls && _waiting.TryDequeue(out var line); n++) lines.Append(line).Append('\n');
            return lines.ToString();
        }
    }
}

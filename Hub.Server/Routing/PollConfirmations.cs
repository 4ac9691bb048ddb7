using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Realtime.Server.Redis;

namespace Realtime.Server.Routing;

/// <summary>Tells owners which answers to forwarded long polls this node has handed to their callers, and which were lost here.</summary>
/// <remarks>
/// Several in one request: <c>POST /nodes/confirmations</c> with the mark over the owner's id and the body, one poll a line, <c>!</c> before
/// one that was lost. The first goes at once; those that come within <see cref="MaxDelay"/> after it go together.
/// </remarks>
internal sealed partial class PollConfirmations(
    ThisNode node, NodeDirectory directory, OwnerClient owners, TimeProvider time, ILogger<PollConfirmations> logger)
{
    public const string Path = "/nodes/confirmations";

    /// <summary>Before the name of a poll whose answer was lost.</summary>
    public const char Lost = '!';

    /// <summary>Polls in one request.</summary>
    public const int MaxPolls = 1_000;

    /// <summary>Time between two requests to an owner. It holds the next answer of a connection until then.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromMilliseconds(5);

    /// <summary>Confirmations for one owner that wait; more belong to connections that end without.</summary>
    private const int MaxWaiting = 100_000;

    // By the very address that the directory has, and as long as it has it.
    private readonly ConditionalWeakTable<Uri, Outbox> _outboxes = [];
    private readonly OnceInAWhile _warned = new(time);
    private long _polls;

    /// <summary>A name for a poll that no other poll of any node has.</summary>
    public string NextPoll() => string.Create(CultureInfo.InvariantCulture, $"{node.Id}.{Interlocked.Increment(ref _polls)}");

    /// <param name="owner">The owner's id.</param>
    /// <param name="address">The owner's address, as the directory has it.</param>
    /// <param name="host">The caller's <c>Host</c>, which the owner is known to accept.</param>
    public void Add(string owner, Uri address, string host, string poll, bool isDelivered)
    {
        if (!_outboxes.TryGetValue(address, out var outbox)) outbox = Create(owner, address);
        outbox.Host = host;
        outbox.Add(isDelivered ? poll : Lost + poll);
    }

    /// <summary>Waits until what was added has been sent.</summary>
    public Task FlushAsync() => Task.WhenAll(_outboxes.Select(outbox => outbox.Value.Sending));

    /// <summary>What the mark on a confirmation covers.</summary>
    public static string Marked(string owner, string body) => $"confirm {owner} {body}";

    private Outbox Create(string owner, Uri address) =>
        _outboxes.GetValue(address, to => new Outbox((host, lines) => SendAsync(owner, to, host, lines), time));

    // Twice: a connection may just have been closed. A repetition does no harm: what it names is settled.
    private async Task SendAsync(string owner, Uri address, string host, string lines)
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
            if (host.Length > 0) request.Headers.TryAddWithoutValidation("Host", host);
            request.Headers.TryAddWithoutValidation(ForwardMark.Header, Signature.Of(directory.Key!, Marked(owner, lines)));
            try
            {
                using var answer = await owners.SendAsync(request, limit.Token);
                if (!answer.IsSuccessStatusCode && _warned.MayTell(owner, RoutingEventIds.ConfirmationRefused))
                    Refused(owner, address, (int)answer.StatusCode);
                return;
            }
            catch (Exception lost) when (lost is HttpRequestException or IOException or OperationCanceledException)
            {
                // After the second the owner is gone, or ends the connections in question.
            }
        }
    }

    [LoggerMessage(RoutingEventIds.ConfirmationRefused, LogLevel.Warning,
        "Node {Owner} at {Address} answers {Status} to confirmations of long polls: "
        + "clients that poll through this node reconnect after each answer.")]
    private partial void Refused(string owner, Uri address, int status);

    /// <summary>Confirmations for one owner.</summary>
    private sealed class Outbox(Func<string, string, Task> send, TimeProvider time)
    {
        private readonly ConcurrentQueue<string> _waiting = new();
        private long _sent;
        private int _isDue;

        public string Host { get; set; } = "";

        public Task Sending { get; private set; } = Task.CompletedTask;

        public void Add(string line)
        {
            if (_waiting.Count >= MaxWaiting) return;
            _waiting.Enqueue(line);
            if (Interlocked.Exchange(ref _isDue, 1) != 0) return;
            // To the end of the queue of the thread pool: the answer itself, which Kestrel has put there, goes first.
            Sending = Task.Factory
                .StartNew(SendAsync, CancellationToken.None, TaskCreationOptions.PreferFairness, TaskScheduler.Default).Unwrap();
        }

        private async Task SendAsync()
        {
            var early = MaxDelay - time.GetElapsedTime(_sent);
            if (early > TimeSpan.Zero) await Task.Delay(early, time);
            _sent = time.GetTimestamp();
            // In this order: a line that is added from now on is due again.
            Interlocked.Exchange(ref _isDue, 0);
            while (Next() is { Length: > 0 } lines) await send(Host, lines);
        }

        private string Next()
        {
            var lines = new StringBuilder();
            for (var n = 0; n < MaxPolls && _waiting.TryDequeue(out var line); n++) lines.Append(line).Append('\n');
            return lines.ToString();
        }
    }
}

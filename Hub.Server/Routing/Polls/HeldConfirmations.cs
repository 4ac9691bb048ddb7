using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections.Features;

namespace Realtime.Server.Routing.Polls;

/// <summary>
/// Holds a confirmation back for a moment when the caller's next poll is about to come this way: that poll then carries it, and nothing
/// else has to be sent.
/// </summary>
internal sealed class HeldConfirmations : IDisposable
{
    /// <summary>How long at most. The owner waits <see cref="PollAnswers.ConfirmationLimit"/>.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<HeldConfirmation> _held = new();
    private readonly ITimer _timer;
    private int _isRunning;

    public HeldConfirmations(TimeProvider time) =>
        _timer = time.CreateTimer(
            static held => ((HeldConfirmations)held!).SendAll(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Add(HeldConfirmation confirmation)
    {
        _held.Enqueue(confirmation);
        if (Interlocked.Exchange(ref _isRunning, 1) == 0) _timer.Change(Limit, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Sends what no poll has taken along.</summary>
    public void SendAll()
    {
        Interlocked.Exchange(ref _isRunning, 0);   // first: what is added from now on may need the timer again
        while (_held.TryDequeue(out var confirmation)) confirmation.Send();
    }

    public void Dispose() => _timer.Dispose();
}

/// <summary>A confirmation that goes with the next poll or by itself, once.</summary>
/// <param name="send">Sends it by itself.</param>
internal sealed class HeldConfirmation(Action<string> send, string poll)
{
    private int _isTaken;

    /// <summary>The name of the poll, once; then null.</summary>
    public string? Take() => Interlocked.Exchange(ref _isTaken, 1) == 0 ? poll : null;

    public void Send()
    {
        if (Take() is { } untaken) send(untaken);
    }
}

/// <summary>The polls that come in on one connection of a caller, one after another.</summary>
internal sealed class CallerPolls
{
    /// <summary>
    /// So many polls of one connection in a row say that the next comes this way too. Through a balancer that is chance, and rare.
    /// </summary>
    private const int Steady = 3;

    private string _id = "";
    private int _inARow;
    private HeldConfirmation? _held;

    /// <summary>Whether the next poll will come this way.</summary>
    public bool AreSteady => _inARow >= Steady;

    /// <summary>Null over HTTP/2, where polls of many connections come side by side.</summary>
    public static CallerPolls? Of(HttpContext context)
    {
        if (!HttpProtocol.IsHttp11(context.Request.Protocol) || context.Features.Get<IConnectionItemsFeature>() is not { } connection)
            return null;
        if (connection.Items.TryGetValue(typeof(CallerPolls), out var known)) return (CallerPolls)known!;
        var polls = new CallerPolls();
        connection.Items[typeof(CallerPolls)] = polls;
        return polls;
    }

    /// <summary>Says that a poll has come.</summary>
    /// <param name="id">Of its connection.</param>
    /// <returns>The poll before it, if its confirmation waits for this one.</returns>
    public string? Next(string id)
    {
        var held = _held;
        _held = null;
        if (id == _id)
        {
            _inARow++;
            return held?.Take();
        }
        (_id, _inARow) = (id, 1);
        held?.Send();
        return null;
    }

    public void Hold(HeldConfirmation confirmation) => _held = confirmation;
}

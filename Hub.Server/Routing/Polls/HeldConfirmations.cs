using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections.Features;

namespace Realtime.Server.Routing.Polls;

/// <summary>
/// Holds a confirmation back for a moment if the caller's next poll is about to arrive at this node: that poll then carries it, and no
/// extra line is sent.
/// </summary>
internal sealed class HeldConfirmations : IDisposable
{
    /// <summary>How long a confirmation is held at most. The owner waits <see cref="PollAnswers.ConfirmationLimit"/>.</summary>
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

    /// <summary>Sends the confirmations that no poll has taken.</summary>
    public void SendAll()
    {
        Interlocked.Exchange(ref _isRunning, 0);   // first: a confirmation added from now on may need the timer again
        while (_held.TryDequeue(out var confirmation)) confirmation.Send();
    }

    public void Dispose() => _timer.Dispose();
}

/// <summary>A confirmation that is sent once: with the next poll, or separately.</summary>
/// <param name="send">Sends it separately.</param>
internal sealed class HeldConfirmation(Action<string> send, string poll)
{
    private int _isTaken;

    /// <summary>The name of the poll on the first call; then null.</summary>
    public string? Take() => Interlocked.Exchange(ref _isTaken, 1) == 0 ? poll : null;

    public void Send()
    {
        if (Take() is { } untaken) send(untaken);
    }
}

/// <summary>The polls on one connection of a caller, one after another.</summary>
internal sealed class CallerPolls
{
    /// <summary>
    /// After this many polls of one connection in a row, the next is expected here too. Through a balancer such a row is chance, and rare.
    /// </summary>
    private const int Steady = 3;

    private string _id = "";
    private int _inARow;
    private HeldConfirmation? _held;

    /// <summary>Whether the next poll is expected here.</summary>
    public bool AreSteady => _inARow >= Steady;

    /// <summary>Null over HTTP/2, where polls of many connections arrive side by side.</summary>
    public static CallerPolls? Of(HttpContext context)
    {
        if (!HttpProtocol.IsHttp11(context.Request.Protocol) || context.Features.Get<IConnectionItemsFeature>() is not { } connection)
            return null;
        if (connection.Items.TryGetValue(typeof(CallerPolls), out var known)) return (CallerPolls)known!;
        var polls = new CallerPolls();
        connection.Items[typeof(CallerPolls)] = polls;
        return polls;
    }

    /// <summary>Records the arrival of a poll.</summary>
    /// <param name="id">The id of its hub connection.</param>
    /// <returns>The previous poll, if its confirmation is held for this one.</returns>
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

using Realtime.Compare.Load;
using Realtime.Compare.Server;

namespace Realtime.Compare.Contenders;

/// <summary>The fault of a negative control.</summary>
internal enum Sabotage
{
    Delays,
    Drops,
    Doubles,
}

/// <summary>A working contender with an added fault, which the measurement must find and name.</summary>
internal sealed class SabotagedContender(IContender inner, Sabotage kind, TimeProvider time) : IContender
{
    /// <summary>One of this many notifications is dropped or doubled.</summary>
    public const int Every = 5;

    public static readonly TimeSpan Late = TimeSpan.FromMilliseconds(500);

    public string Name => $"{inner.Name} that {kind.ToString().ToLowerInvariant()}";

    public ServerProgram Server => inner.Server;

    public Sabotage Kind => kind;

    public Task ReadAsync(Seat seat, CancellationToken cancel) => inner.ReadAsync(seat.Behind(received => data =>
    {
        var chosen = data.N % Every == 0;
        switch (kind)
        {
            case Sabotage.Delays:
                _ = ReceiveLaterAsync(received, data, cancel);
                break;
            case Sabotage.Drops when chosen:
                break;
            case Sabotage.Doubles when chosen:
                received(data);
                received(data);
                break;
            default:
                received(data);
                break;
        }
    }), cancel);

    private async Task ReceiveLaterAsync(Action<ItemData> received, ItemData data, CancellationToken cancel)
    {
        try
        {
            await Task.Delay(Late, time, cancel);
            received(data);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested) { /* the run is over */ }
    }
}

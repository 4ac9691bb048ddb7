namespace Realtime.Compare.Load;

/// <summary>One reader's place: where it reads from, as whom, how far it is, and who counts what it gets.</summary>
internal sealed class Seat(Uri hub, string token, Action<ItemData> received)
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The root of the server, or of the wire in front of it.</summary>
    public Uri Hub => hub;

    public string Token => token;

    /// <summary>Makes what this reader's requests go through; null: a client of its own.</summary>
    public Func<HttpMessageHandler>? Tab { get; init; }

    /// <summary>Where to read on from after the connection was lost; at first: from now on.</summary>
    public string After { get; private set; } = "latest";

    /// <summary>Ends when the reader is known to be subscribed: nothing published from then on may be missed.</summary>
    public Task Open => _open.Task;

    /// <summary>Called by a contender for every item, also for those without data.</summary>
    public void Take(Item item)
    {
        if (item.Cursor is { Length: > 0 } cursor) After = cursor;
        _open.TrySetResult();
        if (item.Data is { } data) received(data);
    }

    /// <summary>The same place with something between it and whoever counts.</summary>
    public Seat Behind(Func<Action<ItemData>, Action<ItemData>> between)
    {
        var inner = new Seat(hub, token, between(received)) { After = After, Tab = Tab };
        _ = inner.Open.ContinueWith(_ => _open.TrySetResult(), TaskScheduler.Default);
        return inner;
    }
}

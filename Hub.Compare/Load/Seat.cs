namespace Realtime.Compare.Load;

/// <summary>One reader's place: the server, the user, the position, and the recipient of its items.</summary>
internal sealed class Seat(Uri hub, string token, Action<ItemData> received)
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The root of the server, or of the wire between it and the reader.</summary>
    public Uri Hub => hub;

    public string Token => token;

    /// <summary>Creates the handler for this reader's requests; null: a client of its own.</summary>
    public Func<HttpMessageHandler>? Tab { get; init; }

    /// <summary>Where to continue after a lost connection; at first, with what is published from now on.</summary>
    public string After { get; private set; } = "latest";

    /// <summary>Completes when the reader is known to be subscribed: nothing published after that may be missed.</summary>
    public Task Open => _open.Task;

    /// <summary>Called by a contender for every item, including those without data.</summary>
    public void Take(Item item)
    {
        if (item.Cursor is { Length: > 0 } cursor) After = cursor;
        _open.TrySetResult();
        if (item.Data is { } data) received(data);
    }

    /// <summary>The same place with a filter before the recipient.</summary>
    public Seat Behind(Func<Action<ItemData>, Action<ItemData>> between)
    {
        var inner = new Seat(hub, token, between(received)) { After = After, Tab = Tab };
        _ = inner.Open.ContinueWith(_ => _open.TrySetResult(), TaskScheduler.Default);
        return inner;
    }
}

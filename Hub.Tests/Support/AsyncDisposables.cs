namespace Realtime.Tests.Support;

/// <summary>Objects that are disposed together, the last one first.</summary>
internal sealed class AsyncDisposables : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _things = new();

    public T Add<T>(T thing)
        where T : IAsyncDisposable
    {
        _things.Push(thing);
        return thing;
    }

    public async ValueTask DisposeAsync()
    {
        while (_things.TryPop(out var thing)) await thing.DisposeAsync();
    }
}

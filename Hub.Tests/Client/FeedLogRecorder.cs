using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Realtime.Tests.Client;

/// <summary>Counts how often a feed has stopped receiving, which only its log shows.</summary>
internal sealed class FeedLogRecorder : ILoggerFactory, ILogger
{
    private const int Paused = 18;
    private int _pauses;

    public int Pauses => Volatile.Read(ref _pauses);

    public ILogger CreateLogger(string categoryName) => categoryName == "Realtime.Client.OrderFeed" ? this : NullLogger.Instance;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id == Paused) Interlocked.Increment(ref _pauses);
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void AddProvider(ILoggerProvider provider) { }

    public void Dispose() { }
}

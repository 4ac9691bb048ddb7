using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Client;

namespace Realtime.Tests.Client.Waking;

/// <summary>The lines that a feed has logged itself, by their ids.</summary>
internal sealed class LogIds : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(int Id, LogLevel Level, string Text)> _lines = new();

    public int Count(int id) => _lines.Count(line => line.Id == id);

    public bool Has(int id) => Count(id) > 0;

    /// <summary>The texts of these lines; empty if there are none.</summary>
    public IReadOnlyList<string> Texts(int id) => [.. _lines.Where(line => line.Id == id).Select(line => line.Text)];

    public ILogger CreateLogger(string categoryName) => categoryName == FeedLog.Category ? this : NullLogger.Instance;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((eventId.Id, logLevel, formatter(state, exception)));

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void AddProvider(ILoggerProvider provider) { }

    public void Dispose() { }
}

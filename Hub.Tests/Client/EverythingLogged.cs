using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using Microsoft.Extensions.Logging;

namespace Realtime.Tests.Client;

/// <summary>Everything that is logged at any level, with scopes and structured values, and all events of <c>System.Net</c>.</summary>
internal sealed class EverythingLogged : EventListener, ILoggerProvider
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ConcurrentDictionary<string, bool> _categories = new();

    public IReadOnlyList<string> Lines => [.. _lines];

    /// <summary>The sources that have logged something.</summary>
    public ICollection<string> Categories => _categories.Keys;

    public ILoggerFactory Factory() => LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(this));

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (!eventSource.Name.StartsWith("System.Net.", StringComparison.Ordinal)) return;
        EnableEvents(eventSource, EventLevel.Verbose, EventKeywords.All);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // The base constructor calls this before the fields are initialized.
        if (_lines is not null) Add(eventData.EventSource.Name, $"{eventData.EventName}: {string.Join(' ', eventData.Payload ?? new([]))}");
    }

    private void Add(string category, string text)
    {
        _categories[category] = true;
        _lines.Enqueue($"{category}: {text}");
    }

    private sealed class Logger(EverythingLogged all, string category) : ILogger
    {
        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull
        {
            all.Add(category, $"scope {state} {Values(state)}");
            return null;
        }

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            all.Add(category, $"{formatter(state, exception)} {Values(state)} {exception}");

        private static string Values(object? state) =>
            state is not IEnumerable<KeyValuePair<string, object?>> values ? ""
                : string.Join(' ', values.Select(pair => $"{pair.Key}={pair.Value}"));
    }
}

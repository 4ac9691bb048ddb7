using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Realtime.Client.Feed.Requests;

/// <summary>The user's loggers, except for SignalR's transports: those log URLs with the connection's token.</summary>
internal sealed class LoggersWithoutAddresses(ILoggerFactory loggers) : ILoggerFactory
{
    private const string Transports = "Microsoft.AspNetCore.Http.Connections";

    public ILogger CreateLogger(string categoryName) =>
        categoryName.StartsWith(Transports, StringComparison.Ordinal) ? NullLogger.Instance : loggers.CreateLogger(categoryName);

    public void AddProvider(ILoggerProvider provider) => loggers.AddProvider(provider);

    public void Dispose() { /* they are the user's */ }
}

using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Realtime.Server.Log;
using Realtime.Server.Node;
using Realtime.Server.Security;
using Realtime.Server.Telemetry;

namespace Realtime.Server.Operations;

/// <summary>
/// Describes why a node cannot start, and the fix: one line for each fault, for any exception. The log has the stack trace if its level is
/// Debug or lower.
/// </summary>
internal static class StartFaults
{
    private const string Settings =
        "Correct the setting, wherever it is given: appsettings.json, an environment variable or the command line.";
    private const string Certificates =
        "Name a readable certificate with its private key (Kestrel:Certificates:Default:Path, :KeyPath, :Password), or listen on http:// "
        + "addresses only.";

    /// <summary>These categories log the same fault with a stack trace.</summary>
    private static readonly string[] Loud = ["Microsoft.Extensions.Hosting.Internal.Host", "Microsoft.AspNetCore.Server.Kestrel"];

    /// <param name="listensAt">The addresses that the server was to listen on.</param>
    public static IEnumerable<string> Describe(Exception fault, IEnumerable<string> listensAt) => fault switch
    {
        OptionsValidationException wrong => wrong.Failures,
        AggregateException several => several.InnerExceptions.SelectMany(one => Describe(one, listensAt)),
        // Their messages contain the fix.
        StoreUnusableException or KeyUnusableException or MetricsUnusableException => [fault.Message],
        _ when IsAtListener(fault) =>
            [$"The server cannot listen on {string.Join(", ", listensAt)}: {Why(fault)}. {How(fault, listensAt)}"],
        _ => [$"The server cannot start: {Why(fault)}. {How(fault, listensAt)}"],
    };

    /// <summary>Keeps stack traces of a failed start out of the log, unless the log level is Debug or lower.</summary>
    public static void Silence(LoggerFilterOptions logging, Func<bool> isStarting)
    {
        foreach (var category in Loud)
        {
            var level = logging.Rules.Where(rule => rule.ProviderName is null
                && category.StartsWith(rule.CategoryName ?? "", StringComparison.OrdinalIgnoreCase))
                .MaxBy(rule => rule.CategoryName?.Length ?? 0)?.LogLevel ?? logging.MinLevel;
            if (level <= LogLevel.Debug) continue;
            logging.Rules.Add(new(null, category, level, (_, name, at) => at < LogLevel.Error || name != category || !isStarting()));
        }
    }

    /// <summary>The messages of the exception and of all inner ones. Often only the innermost message names the cause.</summary>
    private static string Why(Exception fault)
    {
        var parts = new List<string>();
        foreach (var one in Chain(fault))
        {
            var message = OneLine(one.Message);
            if (!parts.Exists(part => part.Contains(message, StringComparison.OrdinalIgnoreCase))) parts.Add(message);
        }
        return string.Join(": ", parts);
    }

    private static string How(Exception fault, IEnumerable<string> listensAt)
    {
        if (Chain(fault).OfType<SocketException>().FirstOrDefault() is { } refused)
            return ListenFaults.How(refused.SocketErrorCode, listensAt);
        if (IsAtListener(fault) && ListenFaults.OfLongPath(listensAt) is { } tooLong) return tooLong;
        if (Chain(fault).Any(one => one is CryptographicException or NotSupportedException)) return Certificates;
        var isAboutCertificate = fault is IOException or UnauthorizedAccessException
            || fault.Message.Contains("certificate", StringComparison.OrdinalIgnoreCase);
        return fault switch
        {
            _ when IsAtListener(fault) => isAboutCertificate ? Certificates : ListenFaults.Addresses,
            // The configuration binder's message names the key, the text and the type.
            InvalidOperationException { InnerException: FormatException or ArgumentException } =>
                $"{Spelling(fault.Message)}, or remove the setting to have its default.",
            InvalidDataException => "Correct that file; lines and bytes are counted from 0.",
            UnauthorizedAccessException => $"Let the user '{Environment.UserName}' read and write what it needs.",
            IOException => "Check the file and the disk.",
            _ => Settings,
        };
    }

    private static string Spelling(string message) =>
        message.Contains("System.TimeSpan", StringComparison.Ordinal) ? "Write " + SettingsRegistration.DurationForm
        : message.Contains("System.Boolean", StringComparison.Ordinal) ? "Write true or false"
        : message.Contains("System.Double", StringComparison.Ordinal) ? "Write a number"
        : message.Contains("System.Int", StringComparison.Ordinal) ? "Write a whole number"
        : "Write a value of that type";

    /// <summary>
    /// Checks the stack trace: exceptions of the web server have any type, and often their messages do not mention its addresses.
    /// </summary>
    private static bool IsAtListener(Exception fault) =>
        Chain(fault).Any(one => one.StackTrace?.Contains("Microsoft.AspNetCore.Server.Kestrel", StringComparison.Ordinal) == true);

    private static IEnumerable<Exception> Chain(Exception fault)
    {
        for (var one = fault; one is not null; one = one.InnerException) yield return one;
    }

    private static string OneLine(string message) => message.Split('\n', 2)[0].Trim().TrimEnd('.');
}

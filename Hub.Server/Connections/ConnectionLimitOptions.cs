using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Realtime.Server.Connections;

/// <summary><c>Hub:Limits</c>, as far as it concerns accepted connections.</summary>
internal sealed class ConnectionLimitOptions
{
    /// <summary>
    /// Most connections that this node has open at a time, WebSockets included; further ones are closed at once. Default:
    /// <see cref="FileDescriptors.LeftForConnections"/>, or no limit if the system does not report how many files a process may open.
    /// </summary>
    [Range(1, 10_000_000)]
    public int? Connections { get; set; }
}

/// <summary>Rejects a limit that the process cannot keep: without a free descriptor the runtime aborts.</summary>
internal sealed class ConnectionLimitOptionsValidator : IValidateOptions<ConnectionLimitOptions>
{
    public ValidateOptionsResult Validate(string? name, ConnectionLimitOptions options) =>
        FileDescriptors.Limit is { } files && options.Connections > FileDescriptors.LeftForConnections(files)
            ? ValidateOptionsResult.Fail(
                $"Hub:Limits:Connections is {options.Connections}, but this process may have only {files} files open, which leaves "
                + $"{FileDescriptors.LeftForConnections(files)} for connections: set it to at most that, remove it, or raise the limit "
                + $"({FileDescriptors.HowToRaise}).")
            : ValidateOptionsResult.Success;
}

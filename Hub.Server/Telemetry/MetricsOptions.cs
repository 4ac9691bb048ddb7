using System.Net;
using Microsoft.Extensions.Options;

namespace Realtime.Server.Telemetry;

/// <summary><c>Hub:Metrics</c>: where Prometheus reads the metrics of this node.</summary>
internal sealed class MetricsOptions
{
    public const string Section = "Hub:Metrics";

    /// <summary>
    /// An <c>http://</c> address of its own, for example <c>http://127.0.0.1:9464</c>, which serves <c>/metrics</c> and nothing else. None:
    /// nothing is served. There is no authentication, so it must not be reachable from outside.
    /// </summary>
    public string? Address { get; set; }
}

/// <summary>Kestrel would take any host name for "all addresses of this machine", which is no place for metrics by accident.</summary>
internal sealed class MetricsValidator : IValidateOptions<MetricsOptions>
{
    public ValidateOptionsResult Validate(string? name, MetricsOptions options) =>
        string.IsNullOrWhiteSpace(options.Address) || IsAddress(options.Address)
        ? ValidateOptionsResult.Success
        : ValidateOptionsResult.Fail(
            $"{MetricsOptions.Section}:{nameof(options.Address)} is \"{options.Address}\": write http://, then localhost, an IP address or "
            + "*, and a port, without a path: http://127.0.0.1:9464.");

    private static bool IsAddress(string text)
    {
        try
        {
            var address = BindingAddress.Parse(text);
            return address is { Scheme: "http", PathBase.Length: 0, IsUnixPipe: false, IsNamedPipe: false, Port: <= IPEndPoint.MaxPort }
                && (address.Host is "localhost" or "*" or "+" || IPAddress.TryParse(address.Host, out _));
        }
        catch (FormatException)
        {
            return false;
        }
    }
}

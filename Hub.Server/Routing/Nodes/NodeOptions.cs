using Microsoft.Extensions.Options;

namespace Realtime.Server.Routing.Nodes;

/// <summary><c>Hub:Node</c>.</summary>
internal sealed class NodeOptions
{
    public const string Section = "Hub:Node";

    /// <summary>
    /// The address at which the other nodes reach this one, on its ordinary listener: <c>http://10.0.0.4:8080</c>,
    /// <c>http://[fd00::4]:8080</c>. Default: this machine's first address and the port that it listens on. Without Redis it has no effect.
    /// </summary>
    public string? Address { get; set; }
}

/// <summary>Rejects an address that the other nodes could not use.</summary>
internal sealed class NodeOptionsValidator : IValidateOptions<NodeOptions>
{
    public ValidateOptionsResult Validate(string? name, NodeOptions options)
    {
        if (options.Address is not { Length: > 0 } text) return ValidateOptionsResult.Success;
        if (!NodeAddress.TryParse(text, out var address))
            return ValidateOptionsResult.Fail(
                $"Hub:Node:Address is \"{text}\": give it scheme, host and port and nothing else, for example http://10.0.0.4:8080 or "
                + "http://[fd00::4]:8080.");
        return NodeAddress.IsEverywhere(address.Host)
            ? ValidateOptionsResult.Fail(
                $"Hub:Node:Address is \"{text}\", where one listens, not where one is reached: name this machine's own address.")
            : ValidateOptionsResult.Success;
    }
}

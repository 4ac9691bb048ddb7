using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Realtime.Server.Redis;

/// <summary>Which Redis the nodes of an installation share, and what its keys and channels are called there.</summary>
internal sealed class RedisOptions
{
    public const string Setting = "ConnectionStrings:Redis";

    public const string PrefixSetting = "Hub:Redis:Prefix";

    public const string DefaultPrefix = "hub";

    /// <summary><c>host:port[,host:port…][,option=value…]</c>, in the client library's format.</summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>What every key and channel begins with. Another prefix is another installation.</summary>
    public string Prefix { get; set; } = DefaultPrefix;

    /// <summary>All keys and channels, as a pattern for an ACL.</summary>
    public string Names => Prefix + ":*";

    /// <summary>Reads the settings; null for a node without Redis.</summary>
    public static RedisOptions? Find(IConfiguration configuration) =>
        configuration[Setting] is { } text && !string.IsNullOrWhiteSpace(text)
            ? new() { ConnectionString = text, Prefix = configuration[PrefixSetting] ?? DefaultPrefix }
            : null;
}

/// <summary>
/// Rejects invalid connection strings and prefixes. Its messages never contain values of options of the connection string, or text that
/// may be part of a password.
/// </summary>
internal sealed partial class RedisOptionsValidator : IValidateOptions<RedisOptions>
{
    private const string Example = "redis-1:6379,redis-2:6379,user=…,password=…,ssl=true";

    /// <summary>Options that this server cannot support, each with the reason.</summary>
    private static readonly Dictionary<string, string> NotForUs = new(StringComparer.OrdinalIgnoreCase)
    {
        ["channelPrefix"] = "announcements are published by scripts, which know no prefix",
        ["proxy"] = "a proxy carries neither scripts nor channels as they are needed",
    };

    public ValidateOptionsResult Validate(string? name, RedisOptions options)
    {
        var faults = new List<string>();
        if (Fault(options.ConnectionString) is { } fault) faults.Add($"{RedisOptions.Setting} {fault} Write {Example}.");
        if (!Prefix().IsMatch(options.Prefix))
            faults.Add($"{RedisOptions.PrefixSetting} is \"{options.Prefix}\": write 1 to 32 characters of a-z, 0-9 and -, or remove the "
                + $"setting to have the default, {RedisOptions.DefaultPrefix}.");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static string? Fault(string text)
    {
        if (text.Contains("://", StringComparison.Ordinal)) return "is an address with a scheme, which is not understood here.";
        var parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var afterPassword = false;
        for (var i = 0; i < parts.Length; i++)
        {
            if (FaultOfPart(parts[i]) is { } fault)
            {
                return afterPassword
                    ? $"has a part that is not understood: the {Nth(i + 1)} of {parts.Length}. A password here cannot contain a comma, if "
                    + "it belongs to one."
                    : fault;
            }
            afterPassword |= NameOf(parts[i]).EndsWith("password", StringComparison.OrdinalIgnoreCase);
        }
        return parts.All(part => part.Contains('=', StringComparison.Ordinal)) ? "names no server." : null;
    }

    private static string? FaultOfPart(string part)
    {
        var option = NameOf(part);
        if (NotForUs.TryGetValue(option, out var why))
            return $"has the option {option}, which this server does not support, because {why}: remove it.";
        if (MayEndInPort(part))
            return "has an IPv6 address without brackets, so that its port cannot be told from it: put it in brackets, [fd00::1]:6379.";
        if (!part.Contains('=', StringComparison.Ordinal))
            return IsUnderstood(part) ? null : "has a server's address that is not understood.";
        if (IsUnderstood(part)) return null;
        // With unknown options ignored, only a value can be invalid.
        return IsUnderstood(part, ignoreUnknown: true)
            ? $"has the unknown option {option}: correct its name or remove it."
            : $"has the option {option} with a value that it cannot have: correct it.";
    }

    /// <summary><c>fd00::1:6379</c>: the client library parses all of it as an address, and connects to nothing.</summary>
    private static bool MayEndInPort(string part)
    {
        var colon = part.LastIndexOf(':');
        return colon > 0 && part[0] != '['
            && ushort.TryParse(part.AsSpan()[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _)
            && IPAddress.TryParse(part.AsSpan()[..colon], out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
    }

    private static string NameOf(string part) => part.Split('=', 2)[0].TrimEnd();

    private static bool IsUnderstood(string part, bool ignoreUnknown = false)
    {
        try
        {
            var options = ConfigurationOptions.Parse(part, ignoreUnknown);
            return part.Contains('=', StringComparison.Ordinal) || options.EndPoints.Count == 1;
        }
        catch (Exception refused) when (refused is ArgumentException or FormatException)
        {
            return false;
        }
    }

    /// <remarks>Without a colon, so no name of one prefix begins with another prefix and a colon.</remarks>
    [GeneratedRegex(@"\A[a-z0-9-]{1,32}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Prefix();

    private static string Nth(int n) => n switch { 1 => "1st", 2 => "2nd", 3 => "3rd", _ => $"{n}th" };
}

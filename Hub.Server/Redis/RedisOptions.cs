using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Realtime.Server.Redis;

/// <summary><c>ConnectionStrings:Redis</c>: <c>host:port[,host:port…][,option=value…]</c>, as the client library writes it.</summary>
internal sealed class RedisOptions
{
    public const string Setting = "ConnectionStrings:Redis";

    public string ConnectionString { get; set; } = "";

    /// <summary>The text of the setting, or null: this node stands alone.</summary>
    public static string? Find(IConfiguration configuration) =>
        configuration[Setting] is { } text && !string.IsNullOrWhiteSpace(text) ? text : null;
}

/// <summary>Refuses what cannot be a connection string. A part that is not understood may be a piece of a password: it is never repeated.</summary>
internal sealed class RedisOptionsValidator : IValidateOptions<RedisOptions>
{
    private const string Example = "redis-1:6379,redis-2:6379,password=…,ssl=true";

    // What would change how this server talks: announcements are published by scripts, which know no prefix; twemproxy has no pub/sub.
    private static readonly string[] NotForUs = ["channelPrefix", "proxy", "serviceName"];

    public ValidateOptionsResult Validate(string? name, RedisOptions options) =>
        Fault(options.ConnectionString) is { } fault
            ? ValidateOptionsResult.Fail($"{RedisOptions.Setting} {fault} Write {Example}.")
            : ValidateOptionsResult.Success;

    private static string? Fault(string text)
    {
        if (text.Contains("://", StringComparison.Ordinal)) return "is an address with a scheme, which is not understood here.";
        var parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < parts.Length; i++)
        {
            var option = parts[i].Split('=', 2)[0].TrimEnd();
            if (NotForUs.Contains(option, StringComparer.OrdinalIgnoreCase)) return $"has the option {option}, which this server does not support.";
            if (!IsUnderstood(parts[i])) return $"has a part that is not understood: the {Nth(i + 1)} of {parts.Length}.";
        }
        return parts.All(part => part.Contains('=', StringComparison.Ordinal)) ? "names no server." : null;
    }

    private static bool IsUnderstood(string part)
    {
        try
        {
            var options = ConfigurationOptions.Parse(part);
            return part.Contains('=', StringComparison.Ordinal) || options.EndPoints.Count == 1;
        }
        catch (Exception refused) when (refused is ArgumentException or FormatException)
        {
            return false;
        }
    }

    private static string Nth(int n) => n switch { 1 => "1st", 2 => "2nd", 3 => "3rd", _ => $"{n}th" };
}

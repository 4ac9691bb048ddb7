using System.Reflection;
using Realtime.Server.Connections;
using Realtime.Server.Dashboard.Demo;
using Realtime.Server.Feed;
using Realtime.Server.Log;
using Realtime.Server.Operations;
using Realtime.Server.Publishing;
using Realtime.Server.Redis;
using Realtime.Server.Routing;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Security;
using Realtime.Server.Security.Origins;
using Realtime.Server.Telemetry;
using RangeAttribute = System.ComponentModel.DataAnnotations.RangeAttribute;

namespace Realtime.Tests.Deploy;

/// <summary>The settings that the server reads: any other name in a deployment file would have no effect.</summary>
internal static class KnownSettings
{
    private static readonly (string Section, object Options)[] Sections =
    [
        ("Hub", new LogOptions()), (AuthOptions.Section, new AuthOptions()), (NodeOptions.Section, new NodeOptions()),
        (DrainOptions.Section, new DrainOptions()), ("Hub:Limits", new FeedOptions()), ("Hub:Limits", new RoutingOptions()),
        ("Hub:Limits", new ConnectionLimitOptions()),
        (PublishOptions.Section, new PublishOptions()), (DemoOptions.Section, new DemoOptions()), ("Hub:Cors", new CorsSettings()),
        (MetricsOptions.Section, new MetricsOptions()),
    ];

    /// <summary>The defaults by name, e.g. <c>Hub:Retention:Count</c>; null if there is none, or if it is computed at startup.</summary>
    public static IReadOnlyDictionary<string,
        object?> Defaults
    { get; } = Sections.SelectMany(section => Of(section.Section, section.Options))
        .Append(new(RedisOptions.Setting, null)).Append(new(RedisOptions.PrefixSetting, RedisOptions.DefaultPrefix))
        .ToDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The allowed range by name; null if it is not a range.</summary>
    public static IReadOnlyDictionary<string,
        RangeAttribute?> Ranges
    { get; } = Sections.SelectMany(section => RangesOf(section.Section, section.Options))
        .Append(new(RedisOptions.Setting, null)).Append(new(RedisOptions.PrefixSetting, null))
        .ToDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The names as environment variables.</summary>
    public static IReadOnlySet<string> Variables { get; } =
        Defaults.Keys.Select(name => name.Replace(":", "__", StringComparison.Ordinal)).ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>The classes that hold them.</summary>
    public static IReadOnlyList<string> Classes { get; } = [.. Sections.Select(section => section.Options.GetType().Name)];

    private static IEnumerable<KeyValuePair<string, object?>> Of(string section, object options) =>
        PropertiesOf(section, options).Select(it => new KeyValuePair<string, object?>(it.Name, it.Property.GetValue(it.Owner)));

    private static IEnumerable<KeyValuePair<string, RangeAttribute?>> RangesOf(string section, object options) =>
        PropertiesOf(section, options)
        .Select(it => new KeyValuePair<string, RangeAttribute?>(it.Name, it.Property.GetCustomAttribute<RangeAttribute>()));

    private static IEnumerable<(string Name, PropertyInfo Property, object Owner)> PropertiesOf(string section, object options)
    {
        foreach (var property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var name = $"{section}:{property.Name}";
            if (property.PropertyType.Namespace == options.GetType().Namespace && property.PropertyType.IsClass)
                foreach (var nested in PropertiesOf(name, property.GetValue(options)!)) yield return nested;
            else yield return (name, property, options);
        }
    }
}

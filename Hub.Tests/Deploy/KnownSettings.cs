using System.Reflection;
using Realtime.Server.Feed;
using Realtime.Server.Log;
using Realtime.Server.Operations;
using Realtime.Server.Publishing;
using Realtime.Server.Routing;
using Realtime.Server.Security;

namespace Realtime.Tests.Deploy;

/// <summary>The settings that the server reads, as environment variables: a deployment file with another name in it would say nothing to anybody.</summary>
internal static class KnownSettings
{
    public static IReadOnlySet<string> Variables { get; } = Read().Append("ConnectionStrings__Redis").ToHashSet(StringComparer.OrdinalIgnoreCase);

    private static IEnumerable<string> Read() =>
    [
        .. Of("Hub", typeof(LogOptions)), .. Of(AuthOptions.Section, typeof(AuthOptions)), .. Of(NodeOptions.Section, typeof(NodeOptions)),
        .. Of(DrainOptions.Section, typeof(DrainOptions)), .. Of("Hub:Limits", typeof(FeedOptions)), .. Of("Hub:Limits", typeof(RoutingOptions)),
        .. Of(PublishOptions.Section, typeof(PublishOptions)),
    ];

    private static IEnumerable<string> Of(string section, Type options)
    {
        foreach (var property in options.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var name = $"{section}:{property.Name}";
            if (property.PropertyType.Namespace == options.Namespace && property.PropertyType.IsClass)
                foreach (var nested in Of(name, property.PropertyType)) yield return nested;
            else yield return name.Replace(":", "__", StringComparison.Ordinal);
        }
    }
}

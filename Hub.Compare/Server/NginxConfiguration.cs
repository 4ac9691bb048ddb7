using System.Text.RegularExpressions;

namespace Realtime.Compare.Server;

/// <summary>The configuration under <c>deploy/</c> with the addresses of this machine, and without an access log.</summary>
internal static partial class NginxConfiguration
{
    /// <param name="balancing">A directive of nginx's <c>upstream</c>; empty: round robin.</param>
    public static string Of(Uri address, IReadOnlyList<Uri> nodes, string balancing)
    {
        using var reader = new StreamReader(typeof(NginxConfiguration).Assembly.GetManifestResourceStream("nginx.conf")!);
        var servers = string.Concat(nodes.Select(node => $"    server {node.Authority} max_fails=0;\n"));
        return Servers().Replace(reader.ReadToEnd(), $"    {balancing}\n{servers}", 1)
            .Replace("listen 8080", $"listen {address.Authority}", StringComparison.Ordinal)
            .Replace("access_log /dev/stdout paths", "access_log off", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"(^ +server hub\d:8080 .*\n)+", RegexOptions.Multiline)]
    private static partial Regex Servers();
}

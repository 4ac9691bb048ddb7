using Realtime.Server.Routing.Nodes;

namespace Realtime.Server.Dashboard.Demo;

/// <summary>The address at which a node reaches itself.</summary>
internal static class DemoAddress
{
    /// <summary>The first http address among those that the web server listens on; null if there is none.</summary>
    public static Uri? Find(IEnumerable<string> addresses)
    {
        foreach (var address in addresses.Select(BindingAddress.Parse))
        {
            if (address.Scheme != Uri.UriSchemeHttp || address.IsUnixPipe || address.IsNamedPipe) continue;
            return new UriBuilder(Uri.UriSchemeHttp, NodeAddress.IsEverywhere(address.Host) ? "localhost" : address.Host, address.Port).Uri;
        }
        return null;
    }
}

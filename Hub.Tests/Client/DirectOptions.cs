using Realtime.Client;

namespace Realtime.Tests.Client;

/// <summary>Connections that use no proxy, whatever the machine's settings are.</summary>
internal static class DirectOptions
{
    public static OrderFeedOptions Direct(this OrderFeedOptions options) => options with
    {
#if CLIENT_OF_FRAMEWORK
        ConfigureClientHandler = handler =>
#else
        ConfigureHandler = handler =>
#endif
        {
            handler.UseProxy = false;
            return handler;
        },
    };
}

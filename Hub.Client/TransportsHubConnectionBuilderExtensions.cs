using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Client.Transports;

namespace Realtime.Client;

/// <summary>Gives a hub connection its transports.</summary>
public static class TransportsHubConnectionBuilderExtensions
{
    /// <summary>
    /// Connects to a hub over WebSockets, server-sent events or long polling: whichever of
    /// <see cref="TransportOptions.Transports"/> the server offers and that works first.
    /// </summary>
    /// <remarks>
    /// A start that fails says why, transport by transport (<see cref="AggregateException"/>); a refused negotiation is an
    /// <see cref="HttpRequestException"/> with the server's status. Works against any SignalR server of ASP.NET Core.
    /// </remarks>
    /// <param name="builder">What builds the connection.</param>
    /// <param name="url">The hub's address, http or https; its query goes with every request.</param>
    /// <param name="options">How to connect; null: the defaults.</param>
    /// <exception cref="ArgumentException">The address or an option cannot be used; the text says how to mend it.</exception>
    public static IHubConnectionBuilder WithTransports(this IHubConnectionBuilder builder, Uri url, TransportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(url);
        if (!url.IsAbsoluteUri || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
            throw new ArgumentException("The hub's address must be absolute and begin with http:// or https://.", nameof(url));
        options ??= new();
        options.Validate();

        builder.Services.AddSingleton<EndPoint>(new UriEndPoint(url));
        builder.Services.AddSingleton<IConnectionFactory>(services => new ConnectionFactory(
            options,
            services.GetRequiredService<IHubProtocol>().TransferFormat,
            services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance));
        return builder;
    }
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Realtime.Server.Routing;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Routing.Polls;
using Realtime.Server.Routing.Refreshes;

namespace Realtime.Tests.Routing;

/// <summary>The order in which routing stops, which is the reverse of that in which its services are added.</summary>
internal sealed class RoutingRegistrationTests
{
    [Test]
    public void What_is_left_to_confirm_is_sent_before_the_node_leaves_the_list()
    {
        var services = new ServiceCollection();
        services.AddSharedConnections();
        var hosted = services.Where(it => it.ServiceType == typeof(IHostedService)).ToList();
        var asked = new Asked();
        foreach (var made in hosted.Select(it => it.ImplementationFactory).OfType<Func<IServiceProvider, object>>()) made(asked);
        Assert.That(hosted.Select(it => it.ImplementationType), Is.EqualTo(new[] { null, typeof(NodeRegistrar), null }));
        Assert.That(asked.For, Is.EqualTo([typeof(RefreshThroughRedis), typeof(PollConfirmations)]));
    }

    /// <summary>Notes what is asked for. A hosted service without any part of its own is enough as an answer.</summary>
    private sealed class Asked : IServiceProvider
    {
        public List<Type> For { get; } = [];

        public object GetService(Type serviceType)
        {
            For.Add(serviceType);
            return System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(serviceType);
        }
    }
}

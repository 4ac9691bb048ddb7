using Realtime.Compare.Contenders;
using Realtime.Compare.Server;

namespace Realtime.Compare.Scenarios;

/// <summary>The bench of each contender: the same load, on the server that it reads from.</summary>
internal sealed class Benches(Deployments servers, Func<Target, Bench> create)
{
    public Bench Of(IContender contender)
    {
        var target = servers.Of(contender.Server);
        return create(target) with { Entrance = contender.Server.NeedsAffinity ? target.WithAffinity : null };
    }

    /// <summary>The same load on other deployments of the same programs.</summary>
    public Benches On(Deployments others) => new(others, create);
}

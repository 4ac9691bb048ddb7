namespace Realtime.Compare.Server;

/// <summary>The measured servers, one deployment for each program that a contender reads from.</summary>
internal sealed class Deployments : IAsyncDisposable
{
    private readonly Dictionary<ServerProgram, Target> _targets = [];
    private readonly List<IDeployment> _own = [];

    private Deployments() { }

    /// <summary>A server that is already running.</summary>
    /// <exception cref="InvalidOperationException">The token does not name its user.</exception>
    public static Deployments Of(Uri url, string token) => new() { _targets = { [ServerProgram.Hub] = Target.Of(url, token) } };

    /// <param name="nodes">Of each program that can run on several.</param>
    /// <exception cref="InvalidOperationException">A program is not installed or did not become ready.</exception>
    public static async Task<Deployments> StartAsync(
        IEnumerable<ServerProgram> programs, int nodes, TimeProvider time, CancellationToken cancel)
    {
        var deployments = new Deployments();
        try
        {
            foreach (var program in programs)
            {
                IDeployment own = nodes > 1 && !program.IsOneNode
                    ? await OwnCluster.StartAsync(program, nodes, time, cancel)
                    : await OwnServer.StartAsync(program, time, cancel);
                deployments._own.Add(own);
                deployments._targets.Add(program, Target.Of(own));
            }
            return deployments;
        }
        catch
        {
            await deployments.DisposeAsync();
            throw;
        }
    }

    public Target Of(ServerProgram program) => _targets[program];

    public async ValueTask DisposeAsync()
    {
        foreach (var target in _targets.Values) target.Dispose();
        foreach (var own in _own) await own.DisposeAsync();
    }
}

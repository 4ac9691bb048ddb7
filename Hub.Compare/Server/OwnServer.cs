using System.Diagnostics;

namespace Realtime.Compare.Server;

/// <summary>One server with the embedded store, in a folder that is deleted afterwards.</summary>
internal sealed class OwnServer : IDeployment
{
    private readonly string _data = Directory.CreateTempSubdirectory("hub-compare-").FullName;
    private readonly Child _child;

    private OwnServer(ServerProgram program, AccessTokens tokens, bool littleGarbage)
    {
        Tokens = tokens;
        _child = program.StartAlone(Address, tokens, _data, littleGarbage);
    }

    public Uri Address { get; } = Addresses.Free();

    public AccessTokens Tokens { get; }

    public Process Process => _child.Process;

    public IReadOnlyList<Process> Processes => [Process];

    public IReadOnlyList<Uri> Nodes => [Address];

    public Uri? WithAffinity => null;

    /// <param name="littleGarbage">Collect often, so that the memory is what the server needs, without what is not collected yet.</param>
    /// <exception cref="InvalidOperationException">The server did not become ready; the message contains its output.</exception>
    public static async Task<OwnServer> StartAsync(
        ServerProgram program, TimeProvider time, CancellationToken cancel, bool littleGarbage = false)
    {
        var server = new OwnServer(program, new(time), littleGarbage);
        try
        {
            await Addresses.ReadyAsync(server._child, server.Address, time, cancel);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills the server: no clients are left to drain, and the data is deleted anyway.</summary>
    public ValueTask DisposeAsync()
    {
        _child.Dispose();
        Directory.Delete(_data, recursive: true);
        return ValueTask.CompletedTask;
    }
}

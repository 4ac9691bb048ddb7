namespace Realtime.Server.Operations.Operators;

/// <summary>The connection that carries statistics to the operators on other nodes.</summary>
internal interface IOperatorsLink
{
    /// <summary>Completes when Redis was reached for the first time.</summary>
    Task Reached { get; }

    /// <summary>False if the connection is known to be down.</summary>
    bool MayCarry { get; }
}

/// <summary>For one node: all operators are connected to it.</summary>
internal sealed class NoOperatorsLink : IOperatorsLink
{
    public Task Reached => Task.CompletedTask;

    public bool MayCarry => true;
}

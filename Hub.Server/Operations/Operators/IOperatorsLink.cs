namespace Realtime.Server.Operations.Operators;

/// <summary>What carries statistics to the operators of other nodes.</summary>
internal interface IOperatorsLink
{
    /// <summary>Completes when it was reached for the first time.</summary>
    Task Reached { get; }

    /// <summary>Whether it carries now, as far as is known.</summary>
    bool MayCarry { get; }
}

/// <summary>One node: there is nothing to carry.</summary>
internal sealed class NoOperatorsLink : IOperatorsLink
{
    public Task Reached => Task.CompletedTask;

    public bool MayCarry => true;
}

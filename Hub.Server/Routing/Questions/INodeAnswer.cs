using System.Text.Json;

namespace Realtime.Server.Routing.Questions;

/// <summary>Answers one kind of question about this node, whichever node was asked by the caller.</summary>
internal interface INodeAnswer
{
    /// <summary>The name of the question, which nodes of several versions share: never rename one.</summary>
    string Question { get; }

    /// <returns>What is written as JSON.</returns>
    ValueTask<object> AnswerAsync(JsonElement arguments, CancellationToken cancel);
}

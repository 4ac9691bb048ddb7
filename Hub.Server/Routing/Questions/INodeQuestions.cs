using System.Text.Json;

namespace Realtime.Server.Routing.Questions;

/// <summary>Asks all other nodes the same question at once.</summary>
internal interface INodeQuestions
{
    /// <summary>Completes within <see cref="QuestionsToNodes.Patience"/>, and a little.</summary>
    /// <param name="question">See <see cref="INodeAnswer.Question"/>.</param>
    Task<NodeAnswers> AskOthersAsync(string question, object arguments, CancellationToken cancel);
}

/// <summary>What the other nodes have answered.</summary>
/// <param name="Silent">Nodes on the list that did not answer in time, or that are of a version which does not know the question.</param>
internal sealed record NodeAnswers(IReadOnlyList<JsonElement> Answers, IReadOnlyList<SilentNode> Silent)
{
    public static NodeAnswers None { get; } = new([], []);
}

/// <param name="Id">The beginning of its id, as in the name that operators see.</param>
/// <param name="Address">Where the other nodes reach it.</param>
/// <param name="Reason"><see cref="TooOld"/> or <see cref="NoAnswer"/>.</param>
internal sealed record SilentNode(string Id, Uri Address, string Reason)
{
    /// <summary>It does not know the question, and will not until it is upgraded.</summary>
    public const string TooOld = "too-old";

    /// <summary>It did not answer in time.</summary>
    public const string NoAnswer = "no-answer";
}

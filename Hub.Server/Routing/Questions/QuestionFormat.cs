using System.Text.Json;

namespace Realtime.Server.Routing.Questions;

/// <summary>How one node asks another what only that one knows.</summary>
/// <remarks>
/// <c>POST /nodes/questions?at=</c>, the time in Unix seconds by Redis's clock, with a mark over the id of the node that is asked, that
/// time and the body: <c>{"question":"stats","arguments":{…}}</c>. The response is the answer as JSON; 404 if the request is not a node's,
/// or the question is of a later version.
/// </remarks>
internal static class QuestionFormat
{
    public const string Path = "/nodes/questions";

    /// <summary>The query parameter with the time at which a question was asked.</summary>
    public const string At = "at";

    /// <summary>Bytes of a question: 100 names of the longest, each code unit escaped, and what is around them.</summary>
    public const int MaxQuestionBytes = 80 * 1024;

    /// <summary>The text that the mark on such a request covers.</summary>
    public static string Marked(string node, string at, string body) => $"ask {node} {at} {body}";
}

/// <summary>A question to a node. Later versions may add members.</summary>
/// <param name="Question">See <see cref="INodeAnswer.Question"/>.</param>
internal sealed record NodeQuestion(string Question, JsonElement Arguments);

using Realtime.Server.Routing.Questions;

namespace Realtime.Server.Operations.Answers;

/// <summary>Counts by name, such as <c>{"a":2,"b":0}</c>, that all nodes give together.</summary>
internal static class NameCounts
{
    /// <summary>Adds the counts of the other nodes to this node's own. A name that another node does not list counts 0 there.</summary>
    public static IReadOnlyDictionary<string, int> Sum(Dictionary<string, int> own, NodeAnswers others)
    {
        foreach (var name in own.Keys.ToList())
            own[name] += others.Answers.Sum(answer => answer.TryGetProperty(name, out var count) ? count.GetInt32() : 0);
        return own;
    }
}

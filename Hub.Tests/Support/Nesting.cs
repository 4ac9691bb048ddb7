using System.Text;

namespace Realtime.Tests.Support;

/// <summary>Data that is nested deeply. In levels of the whole body, which is the first.</summary>
internal static class Nesting
{
    /// <summary>What is accepted at most.</summary>
    public const int Deepest = 62;

    /// <summary>Lists and objects in turns, with brackets in texts that are no levels.</summary>
    public static string Data(int levels)
    {
        var text = new StringBuilder();
        for (var level = 2; level <= levels; level++) text.Append(level % 2 == 0 ? "[\"]}\\\"[{\"," : """{"a":""");
        text.Append("1.10");
        for (var level = levels; level >= 2; level--) text.Append(level % 2 == 0 ? ']' : '}');
        return text.ToString();
    }

    /// <summary>A body for one user.</summary>
    public static string Body(string user, int levels) =>
        $$"""{"to":{"users":["{{user}}"]},"type":"order.created","orderId":"{{levels}} levels","data":{{Data(levels)}}}""";
}

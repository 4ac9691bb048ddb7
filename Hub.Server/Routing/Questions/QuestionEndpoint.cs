using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Realtime.Server.Http;
using Realtime.Server.Node;
using Realtime.Server.Routing.Nodes;

namespace Realtime.Server.Routing.Questions;

/// <summary>Answers the questions of other nodes (<see cref="QuestionFormat"/>).</summary>
internal sealed class QuestionEndpoint(ThisNode node, NodeDirectory directory, IEnumerable<INodeAnswer> answers)
{
    private readonly Dictionary<string, INodeAnswer> _byQuestion = answers.ToDictionary(answer => answer.Question, StringComparer.Ordinal);

    public static bool IsFor(HttpRequest request) => HttpMethods.IsPost(request.Method) && request.Path.Value == QuestionFormat.Path;

    /// <param name="mark">The mark from the request.</param>
    public async Task AnswerAsync(HttpContext context, string mark)
    {
        if (context.Features.Get<IHttpMetricsTagsFeature>() is { } metrics) metrics.MetricsDisabled = true;
        // As if there were no endpoint.
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        if (await ReadAsync(context.Request) is not { } body || !IsGenuine(context.Request, mark, body)) return;
        if (Parse(body) is not { } asked || !_byQuestion.TryGetValue(asked.Question, out var answer)) return;
        var answered = await answer.AnswerAsync(asked.Arguments, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status200OK;
        await context.Response.WriteAsJsonAsync(answered, answered.GetType(), context.RequestAborted);
    }

    private static async ValueTask<string?> ReadAsync(HttpRequest request)
    {
        var reader = request.BodyReader;
        var read = await JsonBody.ReadAsync(reader, QuestionFormat.MaxQuestionBytes);
        var body = read.IsCompleted ? Encoding.UTF8.GetString(read.Buffer) : null;
        reader.AdvanceTo(read.Buffer.End);
        return body;
    }

    private bool IsGenuine(HttpRequest request, string mark, string body)
    {
        var at = request.Query[QuestionFormat.At].ToString();
        return long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && Math.Abs(directory.Now.ToUnixTimeSeconds() - seconds) <= Signature.TimeTolerance.TotalSeconds
            && directory.Key is { } key && Signature.IsRight(mark, key, QuestionFormat.Marked(node.Id, at, body));
    }

    private static NodeQuestion? Parse(string body)
    {
        try
        {
            return JsonSerializer.Deserialize<NodeQuestion>(body, JsonSerializerOptions.Web);
        }
        catch (JsonException)
        {
            return null;    // a later version's
        }
    }
}

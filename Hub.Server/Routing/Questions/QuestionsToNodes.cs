using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Realtime.Server.Http;
using Realtime.Server.Node;
using Realtime.Server.Routing.Nodes;

namespace Realtime.Server.Routing.Questions;

/// <summary>Several nodes: asks the others over the connections that forwarded requests use.</summary>
/// <param name="nodes">An <see cref="OwnerClient"/>, which lets each node prove its identity.</param>
internal sealed class QuestionsToNodes(ThisNode self, NodeDirectory directory, HttpMessageInvoker nodes, TimeProvider time) : INodeQuestions
{
    /// <summary>How long a node may take to answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of an answer that are read.</summary>
    public const int MaxAnswerBytes = 16 * 1024 * 1024;

    public async Task<NodeAnswers> AskOthersAsync(string question, object arguments, CancellationToken cancel)
    {
        if (directory.Key is not { } key) return NodeAnswers.None;
        var body = JsonSerializer.Serialize(new { question, arguments }, JsonSerializerOptions.Web);
        var others = directory.Listed(NodeVersions.First).Where(id => id != self.Id).ToList();
        var answers = await Task.WhenAll(others.Select(id => AskAsync(id, body, key, cancel)));
        return new(
            [.. answers.Select(it => it.Answer).OfType<JsonElement>()],
            [.. others.Zip(answers, (id, it) => (Id: id, it.Answer, it.Reason, Address: directory.AddressOf(id)))
                .Where(it => it.Answer is null && it.Address is not null)
                .Select(it => new SilentNode(NodeId.Short(it.Id), it.Address!, it.Reason))]);
    }

    private async Task<(JsonElement? Answer, string Reason)> AskAsync(string id, string body, byte[] key, CancellationToken cancel)
    {
        if (directory.VersionOf(id) < NodeVersions.Questions) return (null, SilentNode.TooOld);
        if (directory.AddressOf(id) is not { } address) return (null, SilentNode.NoAnswer);
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        var at = directory.Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri($"{OwnerName.OriginOf(id)}{QuestionFormat.Path}?{QuestionFormat.At}={at}"))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StringContent(body, new MediaTypeHeaderValue(JsonBody.Json)),
        };
        request.Headers.TryAddWithoutValidation("Host", address.Authority);
        request.Headers.TryAddWithoutValidation(ForwardHeaders.Mark, Signature.Of(key, QuestionFormat.Marked(id, at, body)));
        try
        {
            using var answer = await nodes.SendAsync(request, either.Token);
            // 404: it does not know this question.
            if (answer.StatusCode == HttpStatusCode.NotFound) return (null, SilentNode.TooOld);
            if (answer.StatusCode != HttpStatusCode.OK) return (null, SilentNode.NoAnswer);
            await answer.Content.LoadIntoBufferAsync(MaxAnswerBytes, either.Token);
            return (await answer.Content.ReadFromJsonAsync<JsonElement>(either.Token), "");
        }
        catch (Exception silent) when (
            silent is HttpRequestException or IOException or JsonException
            || (silent is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return (null, SilentNode.NoAnswer);
        }
    }
}

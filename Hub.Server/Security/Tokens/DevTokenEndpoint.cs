using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Realtime.Server.Http;
using Realtime.Server.Security.Origins;

namespace Realtime.Server.Security.Tokens;

/// <summary><c>POST /dev/token</c>: signs the token that a developer requests.</summary>
internal sealed class DevTokenEndpoint(TokenSigner signer, DevHosts hosts, AllowedOrigins origins, TimeProvider time)
{
    /// <summary>The largest body, in bytes.</summary>
    public const int MaxBodyBytes = 65_536;

    public async Task HandleAsync(HttpContext context)
    {
        if (!hosts.Know(context.Request) || origins.RefuseSession(context.Request) is not null)
        {
            await Problems.WriteAsync(context, DevHosts.Stranger);
            return;
        }
        if (await JsonBody.ReadOrRefuseAsync(context, MaxBodyBytes) is not { } body) return;
        var request = DevTokenRequest.Parse(body, out var errors);
        if (request is not null && !await signer.IsReadyAsync(context.RequestAborted))
            await Problems.WriteAsync(context, TokenJudge.KeyUnknown);
        else await (request is null ? Problems.WriteAsync(context, Problem.Invalid(errors)) : AnswerAsync(context, request));
    }

    private Task AnswerAsync(HttpContext context, DevTokenRequest request)
    {
        // Round up to a whole second: exp has no fractions, and a token must not expire sooner than requested.
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var expiresAt = DateTimeOffset.FromUnixTimeSeconds((now + 999) / 1000 + request.ExpiresInSeconds);
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("accessToken", signer.Sign(request.User, request.Groups, request.Roles, expiresAt));
            json.WriteString("expiresAt", expiresAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            json.WriteEndObject();
        }
        context.Response.ContentType = JsonBody.Json;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentLength = body.WrittenCount;
        return context.Response.Body.WriteAsync(body.WrittenMemory).AsTask();
    }
}

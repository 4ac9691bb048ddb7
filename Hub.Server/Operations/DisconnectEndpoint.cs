using System.Diagnostics.CodeAnalysis;
using Realtime.Server.Http;
using Realtime.Server.Notifications;
using Realtime.Server.Security;
using Realtime.Server.Security.Revocations;

namespace Realtime.Server.Operations;

/// <summary>
/// <c>POST</c> and <c>DELETE /api/admin/disconnect?user=…</c>, for role <c>admin</c>: disconnects a user, and accepts its tokens again.
/// </summary>
internal sealed class DisconnectEndpoint(UserRevocation revocation, TimeProvider time)
{
    /// <summary>Bytes of a body.</summary>
    public const int MaxBodyBytes = 4 * 1024;

    private static readonly Problem NotStored = new(
        StatusCodes.Status503ServiceUnavailable, "The store cannot be reached now, so the change is not confirmed. Send it again.",
        RetryAfterSeconds: 1);

    public async Task DisconnectAsync(HttpContext context)
    {
        if (!TryReadUser(context, out var user, out var refusal))
        {
            await Problems.WriteAsync(context, refusal);
            return;
        }
        var request = new DisconnectRequest();
        if (HasBody(context.Request))
        {
            if (await JsonBody.ReadOrRefuseAsync(context, MaxBodyBytes) is not { } body) return;
            var errors = request.Read(body, time.GetUtcNow());
            if (!errors.IsEmpty)
            {
                await Problems.WriteAsync(context, Problem.Invalid(errors));
                return;
            }
        }
        await AnswerAsync(context, () => revocation.RevokeAsync(user, request.BlockedUntil, request.Reason, Caller.Of(context.User).User));
    }

    public async Task AdmitAsync(HttpContext context)
    {
        if (TryReadUser(context, out var user, out var refusal))
            await AnswerAsync(context, () => revocation.LiftAsync(user, Caller.Of(context.User).User));
        else await Problems.WriteAsync(context, refusal);
    }

    private static async Task AnswerAsync(HttpContext context, Func<Task> change)
    {
        try
        {
            await change();
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        }
        catch (RevocationsUnavailableException)
        {
            await Problems.WriteAsync(context, NotStored);
        }
    }

    // In the query: a name in a path would not survive proxies, because it may contain '/', '..' or '%2F'.
    private static bool TryReadUser(
        HttpContext context, [NotNullWhen(true)] out string? user, [NotNullWhen(false)] out Problem? refusal)
    {
        var named = context.Request.Query["user"];
        user = named.Count == 1 && NameRules.IsValid(named[0]!) ? named[0] : null;
        refusal = user is null
            ? Problem.Invalid(FieldErrors.Of("user", $"Name one user in the query: ?user=… (1 to {NameRules.MaxLength} code units)."))
            : null;
        return user is not null;
    }

    private static bool HasBody(HttpRequest request) =>
        request.ContentLength > 0 || (request.ContentLength is null && request.Headers.TransferEncoding.Count > 0)
        || (request.ContentLength is null && HttpProtocol.IsHttp2(request.Protocol) && request.ContentType is not null);
}

using Realtime.Server.Notifications;

namespace Realtime.Server.Http;

/// <summary>Users or topics in a query, repeatable. Never in a path: a name may contain <c>/</c>, <c>..</c> or <c>%2F</c>.</summary>
internal static class QueryNames
{
    /// <summary>Users of one question for presence.</summary>
    public const int MaxPresent = 100;

    /// <summary>Users or topics of one question of an administrator: each takes reads of the store.</summary>
    public const int MaxAsked = 10;

    private const string User = "user", Topic = "topic";

    public static Task<IReadOnlyList<string>?> ReadUsersAsync(HttpContext context, int most) => ReadAsync(
        context, User, most, NameRules.IsValid,
        $"Name 1 to {most} users in the query: ?{User}=… (each of 1 to {NameRules.MaxLength} UTF-16 code units, no control characters).");

    /// <returns>Null: the request was answered. Else valid topics.</returns>
    public static Task<IReadOnlyList<string>?> ReadTopicsAsync(HttpContext context) => ReadAsync(
        context, Topic, MaxAsked, name => Notifications.Topic.TryParse(name, out _),
        $"Name 1 to {MaxAsked} topics in the query: ?{Topic}=user:…, group:… or all.");

    /// <returns>Null: the request was answered. Else the names, each once.</returns>
    private static async Task<IReadOnlyList<string>?> ReadAsync(
        HttpContext context, string parameter, int most, Func<string, bool> isValid, string expected)
    {
        // An answer is outdated a moment later, and shows who is there.
        context.Response.Headers.CacheControl = "no-store";
        var named = context.Request.Query[parameter];
        if (named.Count >= 1 && named.Count <= most && named.All(name => isValid(name!)))
            return [.. named.Select(name => name!).Distinct(StringComparer.Ordinal)];
        await Problems.WriteAsync(context, Problem.Invalid(FieldErrors.Of(parameter, expected)));
        return null;
    }
}

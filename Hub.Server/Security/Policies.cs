using Microsoft.AspNetCore.Authorization;

namespace Realtime.Server.Security;

/// <summary>What a caller may do, by the name that endpoints use.</summary>
internal static class Policies
{
    /// <summary>Any caller; the default of every endpoint that requires authorization.</summary>
    public const string Reading = "reading";

    /// <summary>Role <c>publisher</c>.</summary>
    public const string Publishing = "publishing";

    /// <summary>Role <c>admin</c>.</summary>
    public const string Administration = "administration";

    public static void AddTo(AuthorizationOptions options)
    {
        // A RefusedIdentity is authenticated, and yet no caller: 403 everywhere.
        Add(Reading, _ => true);
        Add(Publishing, caller => caller.IsPublisher);
        Add(Administration, caller => caller.IsAdmin);
        options.DefaultPolicy = options.GetPolicy(Reading)!;

        void Add(string name, Func<Caller, bool> may) => options.AddPolicy(name, policy =>
            policy.RequireAssertion(context => context.User.Identity is CallerIdentity identity && may(identity.Caller)));
    }
}

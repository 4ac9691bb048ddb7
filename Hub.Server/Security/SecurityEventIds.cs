namespace Realtime.Server.Security;

/// <summary>Event ids of security: 2800 to 2899. Never reused for something else.</summary>
internal static class SecurityEventIds
{
    public const int SessionKeyMade = 2801;
    public const int SessionKeysUnusable = 2802;
    public const int SessionKeysUsableAgain = 2803;
    public const int OriginIsNotHost = 2804;
    public const int ProviderAway = 2805;
    public const int ProviderReached = 2806;
    public const int GroupsUnlisted = 2807;
    public const int UserDisconnected = 2808;
    public const int UserAdmitted = 2809;
}

namespace Realtime.Server.Redis;

/// <summary>Event ids of the connection to Redis: 2600 to 2699. Never reused for something else.</summary>
internal static class RedisEventIds
{
    public const int NotReachedYet = 2600;
    public const int Reached = 2601;
    public const int Stuck = 2602;
    public const int AnswersAgain = 2603;
    public const int LinkLost = 2604;
    public const int LinkRestored = 2605;
    public const int MayEvict = 2606;
    public const int Refused = 2607;
    // 2608 was for a separate connection for scripts.
    public const int Evicts = 2609;
    public const int HasEvicted = 2610;
    public const int ClocksDiffer = 2611;
    public const int SecretPutBack = 2612;
    public const int SecretReplaced = 2613;
    public const int NoAnnouncementSecret = 2614;
    public const int Demoted = 2615;
    public const int NoMasterYet = 2616;
    public const int Follows = 2617;
    public const int MasterFound = 2618;
    public const int DefaultPrefixInUse = 2619;
    public const int OtherMaster = 2620;
    public const int NotPersistent = 2621;
}

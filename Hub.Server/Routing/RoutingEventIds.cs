namespace Realtime.Server.Routing;

/// <summary>Event ids of routing: 2500 to 2599. Never reused for something else.</summary>
internal static class RoutingEventIds
{
    public const int Registered = 2501;
    public const int RefreshFailed = 2502;
    public const int RefreshSucceedsAgain = 2503;
    public const int LoopbackAddress = 2504;
    public const int StrangeEntry = 2505;
    public const int OwnerUnreachable = 2506;
    public const int Unanswered = 2507;
    public const int BrokenCopy = 2508;
    public const int Repaired = 2509;
    public const int NoAddress = 2510;
    public const int AnswerLost = 2511;
    public const int ConfirmationRefused = 2512;
    public const int OwnerUnproven = 2513;
}

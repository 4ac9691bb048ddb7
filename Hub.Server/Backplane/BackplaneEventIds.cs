namespace Realtime.Server.Backplane;

/// <summary>Event ids of the backplane: 2400 to 2499. Never reused for something else.</summary>
internal static class BackplaneEventIds
{
    public const int Listening = 2400;
    public const int CannotListen = 2401;
    public const int LinkLost = 2402;
    public const int LinkDeaf = 2403;
    public const int Missed = 2404;
    public const int ForeignMessage = 2405;
    public const int NoLongerMaster = 2406;
}

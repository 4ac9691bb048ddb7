namespace Realtime.Server.Log;

/// <summary>Event ids of the log: 2000 to 2099. Never reused for something else.</summary>
internal static class LogEventIds
{
    public const int WritesFail = 2001;
    public const int WritesSucceedAgain = 2002;
    public const int AnnouncementFailed = 2003;
    public const int Opened = 2004;
    public const int WriterStuck = 2005;
    public const int ClockWasSet = 2006;
    public const int WriteAheadLogHeldUp = 2007;
    public const int ForeignDataMended = 2050;
    public const int ForeignDataIgnored = 2051;
}

namespace Realtime.Server.Node;

/// <summary>
/// The ids of all log events, so that none is assigned twice: 20xx log (<c>LogEventIds</c>), 21xx API, 22xx publishing, 23xx delivery, 24xx
/// backplane, 25xx routing, 26xx Redis connection, 27xx dashboard and demo, 28xx security, 29xx connections, 9xxx operations. An id is
/// never reused for something else.
/// </summary>
internal static class EventIds
{
    public const int RequestFailed = 2101;
    public const int HubFailed = 2102;

    public const int AppendFailed = 2201;
    public const int BatchStalled = 2202;

    public const int DemoStarted = 2700;
    public const int DemoOff = 2701;
    public const int DemoWaits = 2702;
    public const int DemoGoesOn = 2703;
    public const int DemoRefused = 2704;

    public const int Draining = 9001;
    public const int StartUpReport = 9002;
    public const int StartUpLimits = 9003;
    public const int StartUpAddresses = 9004;
    public const int StartUpOnRedis = 9005;
    public const int HeapTrimmed = 9006;
    public const int StatisticsNotSent = 9007;
    public const int StatisticsSentAgain = 9008;
    public const int HeapShrunk = 9009;
    public const int MetricsServed = 9010;
    public const int UserErased = 9012;
}

namespace Realtime.Server.Operations;

/// <summary>Every event's number, in one place so that none is given twice: 1xxx log, 2xxx API, 3xxx delivery, 9xxx operations.</summary>
internal static class EventIds
{
    public const int Draining = 9001;
    public const int StartUpReport = 9002;
    public const int StartUpLimits = 9003;
    public const int StartUpAddresses = 9004;
}

#if NETSTANDARD
namespace Realtime.Client.Compatibility;

/// <summary>Members of .NET that .NET Framework and the package Polyfill lack.</summary>
internal static class FrameworkShims
{
    extension(Task)
    {
        public static Task Delay(TimeSpan delay, TimeProvider time, CancellationToken cancel) => time.Delay(delay, cancel);
    }

    extension(TimeSpan)
    {
        public static TimeSpan operator *(TimeSpan value, double factor) => TimeSpan.FromTicks((long)Math.Round(value.Ticks * factor));

        public static TimeSpan operator *(double factor, TimeSpan value) => value * factor;

        public static TimeSpan operator /(TimeSpan value, double divisor) => TimeSpan.FromTicks((long)Math.Round(value.Ticks / divisor));
    }
}
#endif

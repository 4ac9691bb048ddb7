using System.Globalization;
using Realtime.Client;

namespace Realtime.Samples.Desktop;

/// <summary>A feed's state in words.</summary>
internal static class StateText
{
    /// <param name="state">Null: the user has cut the link.</param>
    /// <param name="now">For the countdown to the next attempt.</param>
    public static string Of(FeedState? state, DateTimeOffset now) => state?.Phase switch
    {
        null => "○ Cut: press C to catch up",
        FeedPhase.Connecting => "◌ Connecting",
        FeedPhase.CatchingUp => $"◐ Catching up · {state.Transport}",
        FeedPhase.Live => $"● Live · {state.Transport}",
        FeedPhase.Reconnecting => string.Create(CultureInfo.InvariantCulture,
            $"◌ Reconnecting in {SecondsLeft(state, now)} s · attempt {state.Attempt}"),
        _ => "■ Closed",
    };

    private static int SecondsLeft(FeedState state, DateTimeOffset now) =>
        state.ReconnectAt is { } at && at > now ? (int)Math.Ceiling((at - now).TotalSeconds) : 0;
}

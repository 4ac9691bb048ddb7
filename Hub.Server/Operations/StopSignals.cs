using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Realtime.Server.Operations;

/// <summary>
/// Before a node serves, and after it has stopped, a signal to stop ends the process at once with exit code 0: no client is connected, and
/// the store outlives any end. In between <see cref="DrainingLifetime"/> decides what a signal does.
/// </summary>
internal static class StopSignals
{
    private static readonly PosixSignal[] All = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGHUP];

    private static PosixSignalRegistration[] _watched = [];   // referenced, so that they are not collected
    private static volatile bool _isServing;

    /// <summary>
    /// To be set after the host has started: <see cref="DrainingLifetime"/> then knows it too, and no signal is lost between the two.
    /// </summary>
    public static bool IsServing
    {
        get => _isServing;
        set => _isServing = value;
    }

    /// <summary>
    /// Before Main, whose compilation alone takes as long as the runtime's own start. Other programs that load this assembly keep their
    /// signals.
    /// </summary>
    [ModuleInitializer]
    internal static void Watch()
    {
        if (Assembly.GetEntryAssembly() != typeof(StopSignals).Assembly) return;
        _watched = Array.ConvertAll(All, signal => PosixSignalRegistration.Create(signal, End));
    }

    private static void End(PosixSignalContext signal)
    {
        if (_isServing) return;
        signal.Cancel = true;
        Environment.Exit(0);
    }
}

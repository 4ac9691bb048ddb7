using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Realtime.Server.Operations;

/// <summary>
/// Before a node serves, and after it has stopped, a signal to stop ends the process at once with exit code 0: no client is connected, and
/// the store survives any termination. In between <see cref="DrainingLifetime"/> decides what a signal does.
/// </summary>
internal static class StopSignals
{
    private static readonly PosixSignal[] All = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGHUP];

    private static PosixSignalRegistration[] _watched = [];   // referenced, so that they are not collected
    private static volatile bool _isServing;

    /// <summary>
    /// Set it after the host has started: by then <see cref="DrainingLifetime"/> handles signals, so none is lost between the two.
    /// </summary>
    public static bool IsServing
    {
        get => _isServing;
        set => _isServing = value;
    }

    /// <summary>
    /// Runs before Main, whose compilation alone takes as long as the runtime's own start. Other programs that load this assembly keep
    /// their signal handling.
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

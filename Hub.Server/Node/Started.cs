namespace Realtime.Server.Node;

/// <summary>For background work that needs the listener: hosted services start before it.</summary>
internal static class Started
{
    /// <summary>Completes when the server listens.</summary>
    public static async Task StartedAsync(this IHostApplicationLifetime application, CancellationToken cancel)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = application.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(cancel);
    }
}

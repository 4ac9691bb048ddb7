using System.Diagnostics.CodeAnalysis;

namespace Realtime.Tests.Support;

/// <summary>Waits until a condition holds, with a reason and a limit, instead of sleeping and hoping.</summary>
/// <remarks>A reason completes "waited in vain until …". Without a limit of its own a wait has <see cref="DefaultLimit"/>.</remarks>
internal static class Eventually
{
    /// <summary>How long anything may take unless a test says otherwise; generous, because build machines are slow and shared.</summary>
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Returns once the condition holds; fails the test, with the reason, when it does not in time.</summary>
    public static Task True(string reason, Func<bool> condition, CancellationToken cancel = default) =>
        True(reason, condition, DefaultLimit, cancel);

    /// <inheritdoc cref="True(string, Func{bool}, CancellationToken)"/>
    public static Task True(string reason, Func<bool> condition, TimeSpan within, CancellationToken cancel = default) =>
        True(reason, () => Task.FromResult(condition()), within, cancel);

    /// <inheritdoc cref="True(string, Func{bool}, CancellationToken)"/>
    public static Task True(string reason, Func<Task<bool>> condition, CancellationToken cancel = default) =>
        True(reason, condition, DefaultLimit, cancel);

    /// <inheritdoc cref="True(string, Func{bool}, CancellationToken)"/>
    public static async Task True(string reason, Func<Task<bool>> condition, TimeSpan within, CancellationToken cancel = default)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > within) Fail(reason, within);
            await Task.Delay(Pause, TimeProvider.System, cancel);
        }
    }

    /// <summary>
    /// Returns once the items are these; fails the test, with how those that there were last differ, when they are not in time.
    /// </summary>
    public static async Task Equal<T>(
        string reason, Func<Task<IReadOnlyList<T>>> find, IReadOnlyList<T> expected, TimeSpan within, CancellationToken cancel = default)
    {
        IReadOnlyList<T> found = [];
        try
        {
            await True(reason, async () => (found = await find()).SequenceEqual(expected), within, cancel);
        }
        catch (AssertionException)
        {
            Assert.That(found, Is.EqualTo(expected), $"{within.TotalSeconds:0.#} s after it began to wait until {reason}");
            throw;
        }
    }

    /// <summary>
    /// Returns what the function gives as soon as that is not null; fails the test, with the reason, when that takes too long.
    /// </summary>
    public static async Task<T> Get<T>(string reason, Func<Task<T?>> find, CancellationToken cancel = default)
        where T : class
    {
        T? found = null;
        await True(reason, async () => (found = await find()) is not null, cancel);
        return found!;
    }

    /// <summary>
    /// Returns once the task has ended, with its exception if it has one; fails the test, with the reason, when it does not in time.
    /// </summary>
    public static Task Ends(string reason, Task task, CancellationToken cancel = default) => Ends(reason, task, DefaultLimit, cancel);

    /// <inheritdoc cref="Ends(string, Task, CancellationToken)"/>
    public static async Task Ends(string reason, Task task, TimeSpan within, CancellationToken cancel = default)
    {
        try
        {
            await task.WaitAsync(within, TimeProvider.System, cancel);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            Fail(reason, within);
        }
    }

    [DoesNotReturn]
    private static void Fail(string reason, TimeSpan limit) =>
        throw new AssertionException($"Waited in vain for {limit.TotalSeconds:0.#} s until {reason}.");
}

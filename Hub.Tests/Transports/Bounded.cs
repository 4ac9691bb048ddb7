using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Realtime.Tests.Transports;

/// <summary>Waits with a reason and an end.</summary>
internal static class Bounded
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <summary>The result, or a failure that says what was waited for.</summary>
    public static async Task<T> Within<T>(this Task<T> task, string what)
    {
        await ((Task)task).Within(what);
        return await task;
    }

    /// <inheritdoc cref="Within{T}"/>
    public static async Task Within(this Task task, string what)
    {
        var first = await Task.WhenAny(task, Task.Delay(Limit, TimeProvider.System));
        Assert.That(first, Is.SameAs(task), $"This did not happen within {Limit.TotalSeconds} s: {what}.");
        await task;
    }

    public static async Task Until(string what, Func<bool> condition)
    {
        var since = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.That(since.Elapsed, Is.LessThan(Limit), $"This did not come true: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    /// <summary>A server that does not answer: until the client hangs up.</summary>
    public static async Task UntilAborted(HttpContext context)
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = context.RequestAborted.Register(aborted.SetResult);
        await aborted.Task;
    }
}

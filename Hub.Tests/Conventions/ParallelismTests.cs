using System.Reflection;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>Fixtures that would disturb others run alone; see <c>Parallelism.cs</c>.</summary>
internal sealed class ParallelismTests
{
    private static readonly string[] OfTheWholeProcess =
        ["Environment.SetEnvironmentVariable(", "AddActivityListener(", "AllListeners.Subscribe(", "new EverythingLogged(", "SetCurrentDirectory(", "Console.SetOut("];

    [Test]
    public void What_sets_or_hears_things_of_the_whole_process_runs_alone()
    {
        var found = Sources.Of("Hub.Tests")
            .Where(file => !file.Path.EndsWith("/ParallelismTests.cs", StringComparison.Ordinal))
            .Where(file => Array.Exists(OfTheWholeProcess, word => file.Text.Contains(word, StringComparison.Ordinal))).ToList();
        Assert.That(found.Select(file => file.Path), Is.Not.Empty, "or this test shows nothing");
        Assert.That(found.Where(file => !file.Text.Contains("NonParallelizable]", StringComparison.Ordinal)).Select(file => file.Path), Is.Empty);
    }

    [Test]
    public void Tests_that_share_a_server_run_alone()
    {
        var sharing = typeof(ContractTests).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ContractTests))).ToList();
        Assert.That(sharing, Is.Not.Empty);
        Assert.That(sharing.Where(type => type.GetCustomAttribute<NonParallelizableAttribute>(inherit: true) is null), Is.Empty);
    }
}

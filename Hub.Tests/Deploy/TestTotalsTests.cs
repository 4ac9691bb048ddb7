using System.Diagnostics;
using Realtime.Tests.Support;

namespace Realtime.Tests.Deploy;

/// <summary>The result for CI: the last lines that <c>deploy/test.sh</c> prints, made from the reports of the test runners.</summary>
[CancelAfter(30_000)]
internal sealed class TestTotalsTests
{
    private const string Passed = """<UnitTestResult testName="Good" outcome="Passed" />""";

    private const string Skipped = """<UnitTestResult testName="Elsewhere" outcome="NotExecuted" />""";

    private const string Failed = """
        <UnitTestResult testName="Bad(&quot;a&quot;)" outcome="Failed">
          <Output><ErrorInfo><Message>Expected: 1 &amp; 2&#xD;
        But was:  3</Message><StackTrace>at Bad.cs:line 7</StackTrace></ErrorInfo></Output>
        </UnitTestResult>
        """;

    private DirectoryInfo _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("totals-");

    [TearDown]
    public void RemoveFolder() => _folder.Delete(recursive: true);

    [Test]
    public async Task All_that_passed_is_a_success()
    {
        Write("dotnet.trx", Passed + Passed);
        Write("vitest-x.json", Vitest(passed: 3));
        Assert.That(await RunAsync(), Is.EqualTo((0, "5 passed, 0 failed")));
    }

    [Test]
    public async Task What_was_skipped_is_told()
    {
        Write("dotnet.trx", Passed + Skipped);
        Assert.That(await RunAsync(), Is.EqualTo((0, "1 passed, 0 failed, 1 skipped")));
    }

    [Test]
    public async Task A_failed_test_is_named_with_its_reason()
    {
        Write("dotnet.trx", Passed + Failed + Passed);
        Assert.That(await RunAsync(), Is.EqualTo((1, "2 passed, 1 failed")));
        Assert.That(_output, Does.Contain("Failed: Bad(\"a\")\n  Expected: 1 & 2\n  But was:  3\n  at Bad.cs:line 7\n"));
    }

    [Test]
    public async Task Of_a_long_reason_the_first_thirty_lines_are_shown()
    {
        var lines = string.Join('\n', Enumerable.Range(1, 31).Select(n => $"line {n}."));
        Write("dotnet.trx", $"""<UnitTestResult testName="Bad" outcome="Failed"><Message>{lines}</Message></UnitTestResult>""");
        await RunAsync();
        Assert.That(_output, Does.Contain("line 30.").And.Not.Contain("line 31."));
    }

    [Test]
    public async Task A_failed_browser_test_and_a_file_that_cannot_be_loaded_are_named_too()
    {
        Write("dotnet.trx", Passed);
        Write("vitest-x.json", Vitest(passed: 0, failed: 1, """
            {"status":"failed","name":"a.test.ts","assertionResults":[{"status":"failed","fullName":"it shows","failureMessages":["no row"]}]},
            {"status":"failed","name":"b.test.ts","message":"no such module","assertionResults":[]}
            """));
        Assert.That(await RunAsync("vitest-x"), Is.EqualTo((1, "1 passed, 2 failed")));
        Assert.That(_output, Does.Contain("Failed: it shows\n  no row\n").And.Contain("Failed: b.test.ts\n  no such module\n"));
    }

    [TestCase("dotnet")]
    [TestCase("npm-ci-x")]
    public async Task A_runner_that_broke_off_is_a_failure_though_no_test_failed(string runner)
    {
        Write("dotnet.trx", Passed);
        Assert.That(await RunAsync(runner), Is.EqualTo((1, "1 passed, 1 failed")));
    }

    [Test]
    public async Task That_nothing_ran_is_a_failure() => Assert.That(await RunAsync(), Is.EqualTo((1, "0 passed, 1 failed")));

    private string _output = "";

    /// <returns>The exit code and the last line, which <c>totals.txt</c> must contain too.</returns>
    private async Task<(int Code, string Totals)> RunAsync(params string[] broken)
    {
        using var node = ChildProcess.Start(new ProcessStartInfo(
            Requires.Command("node"), [Repository.PathOf("deploy/test-totals.mjs"), _folder.FullName, .. broken]));
        var code = await node.ExitAsync(TimeSpan.FromSeconds(20));
        _output = node.Output;
        var last = _output.TrimEnd().Split('\n')[^1];
        Assert.That(await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "totals.txt")), Is.EqualTo(last + "\n"));
        return (code, last);
    }

    private void Write(string file, string text) => File.WriteAllText(Path.Combine(_folder.FullName, file), text);

    private static string Vitest(int passed, int failed = 0, string suites = "") =>
        $$"""{"numPassedTests":{{passed}},"numFailedTests":{{failed}},"numPendingTests":0,"numTodoTests":0,"testResults":[{{suites}}]}""";
}

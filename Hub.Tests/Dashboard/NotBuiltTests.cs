using Realtime.Tests.Support;

namespace Realtime.Tests.Dashboard;

/// <summary>A server that was built on a machine without Node.</summary>
[CancelAfter(120_000)]
internal sealed class NotBuiltTests
{
    [Test]
    public async Task Without_the_page_the_server_runs_and_says_what_is_missing(CancellationToken cancel)
    {
        var folder = Directory.CreateTempSubdirectory("hub-without-page-").FullName;
        try
        {
            Copy(Path.GetDirectoryName(Repository.BuildOutputOf("Hub.Server"))!, folder);
            await using var server = await ServerProcess.StartAsync(new() { Assembly = Path.Combine(folder, "Hub.Server.dll") }, cancel);
            using var answer = await server.Http.GetAsync(new Uri("/", UriKind.Relative), cancel);
            Assert.That((int)answer.StatusCode, Is.EqualTo(200));
            Assert.That(await answer.Content.ReadAsStringAsync(cancel), Does.Contain("Install Node"));

            await using var chromium = await Chromium.LaunchAsync();
            await using var page = await DashboardPage.OpenAsync(chromium, server.Address);
            var font = await page.Page.EvaluateAsync<string>("getComputedStyle(document.body).fontFamily");
            Assert.That(font, Does.StartWith("system-ui"), "its own style sheet is allowed");
            Assert.That(page.Complaints, Is.Empty);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(from, file);
            if (relative.Split(Path.DirectorySeparatorChar)[0] is "wwwroot" or "data") continue;
            var target = Path.Combine(to, relative);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}

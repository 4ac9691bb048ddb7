using Realtime.Client;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

internal sealed class PublicSurfaceTests
{
    [Test]
    public void The_public_surface_is_the_one_that_was_reviewed()
    {
        var reviewed = Repository.PathOf("Hub.Tests/Client/PublicApi.txt");
        var actual = PublicSurface.Of(typeof(OrderFeed).Assembly);
        var proposal = Path.Combine(TestContext.CurrentContext.WorkDirectory, "PublicApi.actual.txt");
        File.WriteAllText(proposal, actual);
        Assert.That(
            actual, Is.EqualTo(File.Exists(reviewed) ? File.ReadAllText(reviewed) : ""),
            $"The public surface has changed. If that is meant, review {proposal} and put it in the place of {reviewed}.");
    }

    [Test]
    public void Everything_public_stands_in_the_librarys_own_namespace() =>
        Assert.That(typeof(OrderFeed).Assembly.GetExportedTypes().Select(type => type.Namespace)
            .Distinct(), Is.EqualTo(["Realtime.Client"]));
}

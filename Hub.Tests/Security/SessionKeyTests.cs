using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting.Internal;
using Realtime.Server.Security;
using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>The key of session cookies, where one node keeps it in a file.</summary>
internal sealed class SessionKeyTests
{
    private string _folder = null!;

    private string DataPath => Path.Combine(_folder, "data");

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("hub-test-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void It_outlives_the_server()
    {
        var made = NewServer().Value;
        Assert.That(made, Has.Length.EqualTo(32));
        Assert.That(NewServer().Value, Is.EqualTo(made));
    }

    [Test]
    public void A_file_that_cannot_be_made_is_told_and_made_once_its_folder_is_mended()
    {
        File.WriteAllText(DataPath, "in the way");
        var key = NewServer();
        Assert.That(() => key.Value, Throws.TypeOf<KeyUnusableException>().With.Message.Contains("session key").And.Message.Contains("Hub:DataPath").And.Message.Not.Contains("SigningKey"));
        File.Delete(DataPath);
        Assert.That(key.Value, Is.EqualTo(NewServer().Value));
    }

    private SessionKey NewServer() => new(
        new ConfigurationBuilder().AddInMemoryCollection([new("Hub:DataPath", "data")]).Build(), new HostingEnvironment { ContentRootPath = _folder }, new ManualTime());
}

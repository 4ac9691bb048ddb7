using Realtime.Compare.Server;

namespace Realtime.Tests.Compare;

internal sealed class ClusterTests
{
    [Test]
    public void What_is_not_installed_is_named_with_how_to_get_it() =>
        Assert.That(() => Installed.Find("no-such-server", "sh", "nor-this-one"), Throws.InvalidOperationException.With.Message.EqualTo(
            "--nodes needs what is not installed: no-such-server nor-this-one. On Debian and Ubuntu: apt-get install no-such-server "
            + "nor-this-one; or put its folder into PATH."));

    [Test]
    public void The_proxy_is_the_shipped_one_with_other_addresses()
    {
        var text = NginxConfiguration.Of(
            new("http://127.0.0.1:1"), [new("http://127.0.0.1:2"), new("http://127.0.0.1:3")], "hash $http_authorization;");
        Assert.Multiple(() =>
        {
            Assert.That(text,
                Does.Contain(
                    "    hash $http_authorization;\n    server 127.0.0.1:2 max_fails=0;\n    server 127.0.0.1:3 max_fails=0;\n    keepalive"));
            Assert.That(text, Does.Contain("listen 127.0.0.1:1;").And.Contain("access_log off;"));
            Assert.That(text, Does.Not.Contain("server hub").And.Not.Contain("listen 8080;").And.Not.Contain("/dev/stdout"),
                "nothing of it is left as it was");
        });
    }
}

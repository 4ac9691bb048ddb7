using System.Globalization;
using Realtime.Server.Operations;
using Realtime.Tests.Support;

namespace Realtime.Tests.Deploy;

/// <summary>What can be checked of the files under <c>deploy/systemd/</c> without systemd.</summary>
internal sealed class SystemdTests
{
    private const string Folder = "deploy/systemd", Node = "realtime-hub.service", Backup = "realtime-hub-backup.service",
        Timer = "realtime-hub-backup.timer";

    [Test]
    public void The_unit_waits_for_a_node_that_drains()
    {
        var stop = TimeSpan.FromSeconds(double.Parse(Value(Node, "TimeoutStopSec"), CultureInfo.InvariantCulture));
        var drain = TimeSpan.Parse(Value("realtime-hub.env", "Hub__Drain__Duration"), CultureInfo.InvariantCulture);
        Assert.Multiple(() =>
        {
            Assert.That(stop, Is.GreaterThan(drain + TimeSpan.FromSeconds(10)));
            Assert.That(drain, Is.EqualTo(new DrainOptions().Duration));
            Assert.That(Value(Node, "KillSignal"), Is.EqualTo("SIGTERM"));
            Assert.That(Value(Node, "Restart"), Is.EqualTo("on-failure"));
            Assert.That(int.Parse(Value(Node, "LimitNOFILE"), CultureInfo.InvariantCulture), Is.GreaterThanOrEqualTo(65_536));
        });
    }

    [Test]
    public void The_server_may_write_to_nothing_but_its_store() => Assert.Multiple(() =>
    {
        Assert.That(Value(Node, "StateDirectory"), Is.EqualTo("realtime-hub"));
        Assert.That(Value(Node, "Environment").Split(' '), Does.Contain("Hub__DataPath=%S/realtime-hub"));
        foreach (var unit in (string[])[Node, Backup])
        {
            foreach (var (name, value) in new[]
            {
                ("DynamicUser", "yes"), ("NoNewPrivileges", "yes"), ("ProtectSystem", "strict"), ("ProtectHome", "yes"),
                ("PrivateTmp", "yes"), ("PrivateDevices", "yes"), ("CapabilityBoundingSet", ""), ("UMask", "0077"),
                ("SystemCallArchitectures", "native"),
            })
                Assert.That(Value(unit, name), Is.EqualTo(value), $"{unit}: {name}");
            Assert.That(Values(unit, "SystemCallFilter"), Is.EqualTo(["@system-service", "~@privileged @resources"]), unit);
        }
        // The runtime compiles code while it runs, and reads /proc/meminfo.
        Assert.That(Values(Node, "MemoryDenyWriteExecute").Concat(Values(Node, "ProcSubset")), Is.Empty);
    });

    [Test]
    public void The_back_up_reads_the_store_of_the_unit_as_its_user()
    {
        var (command, data, backups) = Value(Backup, "ExecStart").Split(' ') switch
        {
            [var script, var from, var to, "--keep", _] => (script, from, to),
            _ => throw new AssertionException(Value(Backup, "ExecStart")),
        };
        Assert.Multiple(() =>
        {
            Assert.That(File.Exists(PathOf(Path.GetFileName(command))), command);
            Assert.That(Value(Backup, "User"), Is.EqualTo(Value(Node, "User")));
            Assert.That(Value(Node, "Environment"), Does.Contain($"Hub__DataPath={data} "));
            Assert.That(Value(Backup, "StateDirectory").Split(' ').Select(it => $"%S/{it}"), Is.EqualTo([data, backups]));
            Assert.That(Path.ChangeExtension(Timer, ".service"), Is.EqualTo(Backup), "the timer starts it");
            Assert.That(File.Exists(PathOf(Timer)));
            Assert.That(Value(Timer, "Persistent"), Is.EqualTo("yes"));
        });
    }

    [Test]
    public void The_runbook_installs_each_file_where_the_units_expect_it()
    {
        var runbook = File.ReadAllText(Repository.PathOf("deploy/RUNBOOK.md"));
        Assert.Multiple(() =>
        {
            Assert.That(runbook, Does.Contain($"-o {Value(Node, "WorkingDirectory")}\n"));
            Assert.That(Value(Node, "ExecStart"), Does.EndWith($" {Value(Node, "WorkingDirectory")}/Hub.Server.dll"));
            Assert.That(runbook, Does.Contain($"{Folder}/realtime-hub.env {Value(Node, "EnvironmentFile")}"));
            var scripts = Path.GetDirectoryName(Value(Backup, "ExecStart").Split(' ')[0]);
            Assert.That(runbook, Does.Contain($"-t {scripts} {Folder}/*.sh"));
            Assert.That(runbook, Does.Contain($"{scripts}/restore.sh"));
        });
    }

    private static string PathOf(string file) => Path.Combine(Repository.PathOf(Folder), file);

    private static string Value(string unit, string name) => Values(unit, name).Single();

    private static List<string> Values(string unit, string name) =>
    [
        .. File.ReadAllLines(PathOf(unit)).Where(line => line.StartsWith($"{name}=", StringComparison.Ordinal))
            .Select(line => line[(name.Length + 1)..]),
    ];
}

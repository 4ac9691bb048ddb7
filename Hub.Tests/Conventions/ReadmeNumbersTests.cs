using System.Globalization;
using Realtime.Server.Log.Redis;
using Realtime.Server.Log.Sqlite.Writing;
using Realtime.Server.Operations;
using Realtime.Server.Publishing.Batch;

namespace Realtime.Tests.Conventions;

/// <summary>
/// The fixed limits of a node in docs/settings.md are the server's. <see cref="SettingsPageTests"/> checks the settings,
/// <see cref="ProtocolLimitTests"/> what clients meet.
/// </summary>
internal sealed class ReadmeNumbersTests
{
    [TestCase("writes that wait for the store, a node", WriteQueue.Capacity, TestName = "Its_limit_of_writes_is_that_of_SQLite")]
    [TestCase("writes that wait for the store, a node", RedisLogLimits.AppendsInFlight, TestName = "Its_limit_of_writes_is_that_of_Redis")]
    [TestCase("connections that wait to be accepted", OperationsRegistration.AcceptQueue)]
    public void Its_limits_are_those_of_the_server(string limit, int number) =>
        Assert.That(ValueOf(limit), Does.StartWith(string.Create(CultureInfo.InvariantCulture, $"{number:N0}")));

    [Test]
    public void The_room_for_answers_of_a_batch_is_the_servers() => Assert.That(
        ValueOf("unread answers of a batch, in a temporary file (`TMPDIR`)"),
        Is.EqualTo(string.Create(CultureInfo.InvariantCulture, $"{new BatchLimits().FileBytes / (1024.0 * 1024 * 1024)} GiB")));

    private static string ValueOf(string limit) => new Document("docs/settings.md").Table("fixed limit").Single(row => row[0] == limit)[1];
}

using Realtime.Server.Log;
using Realtime.Server.Log.Sqlite;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Log;

/// <summary>The contract on the embedded store. What only that promises is in the other fixtures of this folder.</summary>
/// <param name="indexDue">What it holds must not depend on where it holds it: entered in the index at once, in the middle of a test, or not
/// at all.</param>
[TestFixture(1), TestFixture(5), TestFixture(Indexing.DefaultDue)]
internal sealed class SqliteLogTests(int indexDue) : NotificationLogContract
{
    protected override bool ClockIsInjected => true;

    protected override async Task<ILogUnderTest> OpenAsync(RetentionOptions retention, Action<Topic, Notification> announced) =>
        await SqliteStore.OpenAsync(retention, Clock!, announced, indexDue);
}

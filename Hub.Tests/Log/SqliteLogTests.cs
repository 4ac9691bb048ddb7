using Realtime.Server.Log;
using Realtime.Server.Log.Sqlite;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Log;

/// <summary>The contract on the embedded store. The other fixtures of this folder test what only this store promises.</summary>
/// <param name="indexDue">The content must not depend on when entries are indexed: at once, during a test, or not at all.</param>
[TestFixture(1), TestFixture(5), TestFixture(Indexing.DefaultDue)]
internal sealed class SqliteLogTests(int indexDue) : NotificationLogContract
{
    protected override bool ClockIsInjected => true;

    protected override async Task<ILogUnderTest> OpenAsync(RetentionOptions retention, Action<Topic, Notification> announced) =>
        await SqliteStore.OpenAsync(retention, Clock!, announced, indexDue);
}

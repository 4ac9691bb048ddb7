using Realtime.Server.Log;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Log;

/// <summary>The contract on the embedded store. What only that promises is in the other fixtures of this folder.</summary>
internal sealed class SqliteLogTests : NotificationLogContract
{
    protected override bool ClockIsInjected => true;

    protected override async Task<ILogUnderTest> OpenAsync(RetentionOptions retention, Action<Topic, Notification> announced) =>
        await SqliteStore.OpenAsync(retention, Clock!, announced);
}

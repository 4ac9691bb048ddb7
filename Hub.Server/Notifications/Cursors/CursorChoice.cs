namespace Realtime.Server.Notifications.Cursors;

/// <summary>Which format cursors are written in: the newest that every node reads. It may change at any time.</summary>
internal sealed class CursorChoice
{
    private volatile byte _version = CursorVersion2.Version;

    /// <summary><see cref="CursorVersion1.Version"/> while a node of the first version may be there.</summary>
    public byte Version
    {
        get => _version;
        set => _version = value;
    }
}

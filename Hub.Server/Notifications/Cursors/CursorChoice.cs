namespace Realtime.Server.Notifications.Cursors;

/// <summary>The format in which cursors are written: the newest that every node reads. It may change at any time.</summary>
internal sealed class CursorChoice
{
    private volatile byte _version = CursorVersion2.Version;

    /// <summary><see cref="CursorVersion1.Version"/> while there may be a node of the first version.</summary>
    public byte Version
    {
        get => _version;
        set => _version = value;
    }
}

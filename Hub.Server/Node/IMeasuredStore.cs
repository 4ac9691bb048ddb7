namespace Realtime.Server.Node;

/// <summary>What can be read off a store at any time. Any thread may read.</summary>
internal interface IMeasuredStore
{
    /// <summary>Writes that wait for the store, or are under way.</summary>
    int WaitingWrites { get; }

    /// <summary>Bytes of the write-ahead log's file; null if the store is elsewhere.</summary>
    long? WriteAheadLogBytes { get; }
}

/// <summary>What can be read off a backplane at any time. Any thread may read.</summary>
internal interface IMeasuredBackplane
{
    /// <summary>Time since this node's last beacon returned, or since its start; null if there are no beacons.</summary>
    TimeSpan? BeaconAge { get; }
}

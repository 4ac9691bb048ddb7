namespace Realtime.Server.Notifications;

/// <summary>Why notifications that a reader should have had no longer exist. The texts are on the wire: never rename one.</summary>
internal enum GapReason
{
    /// <summary>Retention removed them.</summary>
    Expired,

    /// <summary>The store lost data that it had delivered, or started from empty. What follows may repeat what the reader has.</summary>
    Reset,
}

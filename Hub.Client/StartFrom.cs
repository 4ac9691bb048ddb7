namespace Realtime.Client;

/// <summary>Where a feed begins if it has no saved position.</summary>
public enum StartFrom
{
    /// <summary>After what the user has acknowledged; with everything retained if the user has never acknowledged anything.</summary>
    Unacknowledged,

    /// <summary>With the next notification that is published.</summary>
    Latest,

    /// <summary>With everything retained.</summary>
    Earliest,
}

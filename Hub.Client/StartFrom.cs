namespace Realtime.Client;

/// <summary>Where a feed begins that has no saved position.</summary>
public enum StartFrom
{
    /// <summary>Behind what the user has acknowledged; with all that is retained, if it never acknowledged anything.</summary>
    Unacknowledged,

    /// <summary>With whatever is published from now on.</summary>
    Latest,

    /// <summary>With all that is retained.</summary>
    Earliest,
}

using Realtime.Server.Notifications;

namespace Realtime.Server.Publishing;

/// <summary>The limits of one publish. Publishers rely on these numbers: docs/PROTOCOL.md, Limits.</summary>
internal static class PublishLimits
{
    /// <summary>Bytes of a body, or of a line of a batch without its end.</summary>
    public const int BodyBytes = 65_536;

    /// <summary>Levels of nesting, the body itself being the first. An item has as many as the body that it was made from.</summary>
    public const int Depth = JsonDepth.Everywhere;

    public const int Users = 1_000;
    public const int Groups = 100;

    /// <summary>ASCII characters.</summary>
    public const int TypeLength = 64;

    /// <summary>UTF-16 code units.</summary>
    public const int OrderIdLength = 128;

    /// <summary>Visible ASCII characters.</summary>
    public const int KeyLength = 128;

    /// <summary>Lines of a batch that are published; blank ones do not count.</summary>
    public const int BatchLines = 10_000;
}
